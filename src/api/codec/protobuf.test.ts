import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomObject } from '../../testing/random-object.ts'
import { schemaTable } from '../schema/schema.ts'
import { DecodeError } from './decode-error.ts'
import { normalise } from './normalise.ts'
import { decodeMessage, encodeBody, encodeMessage, openEnvelope } from './protobuf.ts'

const CORE = 'io.k8s.api.core.v1.'
const POD = `${CORE}Pod`

const kinds = [...schemaTable().types].filter(([, { gvk, fields }]) => gvk && fields).map(([name]) => name)

test('a random object of every kind comes back from protobuf as it was, and its bytes stay the same', () => {
  for (const type of kinds) {
    for (let seed = 1; seed <= 4; seed++) {
      const { object } = normalise<Record<string, unknown>>(type, randomObject(type, { seed }), { strict: 'Strict' })
      const bytes = encodeMessage(type, object)
      const back = decodeMessage(type, bytes, object)
      assert.deepEqual(back, object, `${type}, seed ${seed}`)
      assert.deepEqual(Object.keys(back), Object.keys(object))
      assert.ok(encodeMessage(type, back).equals(bytes), `${type}, seed ${seed}: other bytes`)
    }
  }
})

test('random objects are the same for the same seed and keep to their types', () => {
  assert.deepEqual(randomObject(POD, { seed: 7 }), randomObject(POD, { seed: 7 }))
  for (const type of kinds)
    assert.deepEqual(normalise(type, randomObject(type, { seed: 9 }), { strict: 'Strict' }).problems, [])
})

/** Bytes as Go's generated code writes them, by hand from the .proto files' numbers. */
const WRITTEN: readonly {
  readonly what: string
  readonly type: string
  readonly object: object
  readonly hex: string
}[] = [
  {
    what: 'values that are no pointers are written when they are zero, pointers when they are given',
    type: `${CORE}ContainerPort`,
    object: { containerPort: 80 },
    hex: '0a00' + '1000' + '1850' + '2200' + '2a00',
  },
  {
    what: 'map entries come in the order of their keys',
    type: `${CORE}ResourceRequirements`,
    object: { limits: { memory: '1Gi', cpu: '1' } },
    hex: '0a0a' + '0a03637075' + '1203' + '0a0131' + '0a0f' + '0a066d656d6f7279' + '1205' + '0a03314769',
  },
  {
    what: 'negative numbers take ten bytes, and numbers before texts in their union',
    type: `${CORE}TCPSocketAction`,
    object: { port: -1 },
    hex: '0a0f' + '0800' + '10ffffffffffffffffff01' + '1a00' + '1200',
  },
  {
    what: 'a time that is not known is an empty message',
    type: `${CORE}ContainerStateRunning`,
    object: { startedAt: null },
    hex: '0a00',
  },
  {
    what: 'lists are not packed',
    type: `${CORE}ContainerRestartRuleOnExitCodes`,
    object: { operator: 'In', values: [1, 200] },
    hex: '0a02496e' + '1001' + '10c801',
  },
]

for (const { what, type, object, hex } of WRITTEN) {
  test(what, () => {
    assert.equal(encodeMessage(type, object).toString('hex'), hex)
  })
}

test('an envelope says what it holds', () => {
  const body = encodeBody({ apiVersion: 'v1', kind: 'Pod' }, POD, { metadata: { name: 'p' } })
  const { apiVersion, kind, raw } = openEnvelope(body)
  const { metadata } = decodeMessage(POD, raw, { apiVersion, kind })
  assert.deepEqual([apiVersion, kind, metadata], ['v1', 'Pod', { name: 'p' }])
})

test('zero values that are not written in JSON vanish, quantities take their canonical form', () => {
  const bytes = encodeMessage(POD, { spec: { nodeName: '', overhead: { cpu: '1000m' }, containers: [] } })
  assert.deepEqual(decodeMessage(POD, bytes), {
    metadata: {},
    spec: { containers: null, overhead: { cpu: '1' } },
    status: {},
  })
})

test('a field without a number is a 406 and not lost', () => {
  assert.throws(() => encodeMessage('io.k8s.apimachinery.pkg.version.Info', { major: '1' }), { code: 406 })
  assert.equal(encodeMessage(`${CORE}ContainerStateRunning`, {}).toString('hex'), '0a00') // the next one is not harmed
})

test('texts of every length and script come through', () => {
  for (const text of [
    '',
    'a',
    'ü',
    '日本',
    '🚢',
    'a'.repeat(39),
    'a'.repeat(40),
    'é'.repeat(39),
    'x'.repeat(200_000),
  ]) {
    const bytes = encodeMessage(`${CORE}NamespaceCondition`, { type: text, status: 'True', message: 'm' })
    assert.equal(decodeMessage(`${CORE}NamespaceCondition`, bytes).type, text)
  }
})

test('fields that the table does not know are passed over, of every wire type', () => {
  const unknown = Buffer.from([
    ...[0xf8, 0x3f, 0x96, 0x01], // 1023: a varint
    ...[0xf9, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8], // 64 bits
    ...[0xfa, 0x3f, 2, 9, 9], // bytes
    ...[0xfd, 0x3f, 1, 2, 3, 4], // 32 bits
  ])
  const known = encodeMessage(`${CORE}ConfigMap`, { metadata: { name: 'p' } })
  assert.deepEqual(decodeMessage(`${CORE}ConfigMap`, Buffer.concat([unknown, known])), { metadata: { name: 'p' } })
})

const BROKEN: readonly { readonly what: string; readonly bytes: readonly number[]; readonly message: string }[] = [
  { what: 'a length beyond the end', bytes: [0x0a, 0x7f, 1], message: 'unexpected EOF' },
  {
    what: 'a field of a message beyond its end',
    bytes: [0x0a, 0x03, 0x0a, 0x05, 0x61, 0x62, 0x63],
    message: 'unexpected EOF',
  },
  { what: 'a number without an end', bytes: [0x80], message: 'unexpected EOF' },
  { what: 'a number that is too long', bytes: Array(11).fill(0xff), message: 'proto: integer overflow' },
  { what: 'a wire type that is none', bytes: [0x3f], message: 'proto: illegal wireType 7' },
  { what: 'a number where a message is', bytes: [0x08, 0x01], message: 'proto: wrong wireType = 0 for field 1' },
]

for (const { what, bytes, message } of BROKEN) {
  test(`refuses ${what}`, () => {
    assert.throws(() => decodeMessage(POD, Uint8Array.from(bytes)), new DecodeError(message))
  })
}

test('refuses what does not begin as Kubernetes’ protobuf does', () => {
  assert.throws(() => openEnvelope(Buffer.from('{"kind":"Pod"}')), {
    message: 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
  })
})
