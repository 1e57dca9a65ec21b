import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBody, encodeMessage } from '../../testing/protobuf-encoder.ts'
import { DecodeError } from './decode-error.ts'
import { decodeMessage, openEnvelope } from './protobuf.ts'

const POD = 'io.k8s.api.core.v1.Pod'
const METADATA = { name: 'p', namespace: 'a', labels: { app: 'x', tier: 'web' }, generation: 3 }

/** What a round trip gives back as it was. */
const SAME: readonly { readonly what: string; readonly type: string; readonly object: Record<string, unknown> }[] = [
  {
    what: 'a pod: nested messages, lists, maps, numbers and quantities',
    type: POD,
    object: {
      metadata: { ...METADATA, creationTimestamp: '2026-01-31T12:00:00Z' },
      spec: {
        containers: [
          { name: 'c', image: 'i', resources: { limits: { cpu: '100m', memory: '1Gi' } }, command: ['a', 'b'] },
          { name: 'd', livenessProbe: { httpGet: { path: '/', port: 'web' }, periodSeconds: 5 } },
        ],
        terminationGracePeriodSeconds: 0,
        hostNetwork: false,
        priority: -5,
      },
    },
  },
  {
    what: 'bytes, which JSON shows in base64',
    type: 'io.k8s.api.core.v1.Secret',
    object: { metadata: METADATA, data: { k: Buffer.from([0, 255, 7]).toString('base64'), none: '' } },
  },
  {
    what: 'times to the microsecond',
    type: 'io.k8s.api.coordination.v1.Lease',
    object: { metadata: METADATA, spec: { renewTime: '2026-01-31T12:00:00.000250Z', leaseDurationSeconds: 15 } },
  },
  {
    what: 'numbers that may be percentages',
    type: 'io.k8s.api.policy.v1.PodDisruptionBudget',
    object: { metadata: METADATA, spec: { maxUnavailable: '25%', minAvailable: 2 } },
  },
  {
    what: 'raw JSON',
    type: 'io.k8s.api.apps.v1.ControllerRevision',
    object: { metadata: METADATA, data: { spec: { a: [1, null] } }, revision: 7 },
  },
  {
    what: 'lists in a map',
    type: 'io.k8s.api.authentication.v1.UserInfo',
    object: { username: 'u', extra: { scopes: ['a', 'b'], none: [] } },
  },
  {
    what: 'messages that JSON flattens',
    type: 'io.k8s.api.core.v1.Volume',
    object: { name: 'v', configMap: { name: 'm', items: [{ key: 'k', path: 'p', mode: 420 }] } },
  },
]

for (const { what, type, object } of SAME) {
  test(`decodes ${what}`, () => {
    const message = type.endsWith('UserInfo') ? userInfo() : encodeMessage(type, object)
    assert.deepEqual(decodeMessage(type, message), object)
  })
}

/** UserInfo {username = 1, extra = 4}; a list in a map is a message {items = 1}. By hand, as the encoder has no such maps. */
function userInfo(): Buffer {
  const run = (number: number, bytes: Buffer) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
  const text = (number: number, value: string) => run(number, Buffer.from(value))
  const scopes = run(2, Buffer.concat([text(1, 'a'), text(1, 'b')]))
  const extra = Buffer.concat([
    run(4, Buffer.concat([text(1, 'scopes'), scopes])),
    run(4, Buffer.concat([text(1, 'none'), run(2, Buffer.alloc(0))])),
  ])
  return Buffer.concat([text(1, 'u'), extra])
}

test('an envelope says what it holds', () => {
  const body = encodeBody('v1', 'Pod', POD, { metadata: { name: 'p' } })
  const { apiVersion, kind, raw } = openEnvelope(body)
  assert.deepEqual([apiVersion, kind, decodeMessage(POD, raw)], ['v1', 'Pod', { metadata: { name: 'p' } }])
})

test('fields that the table does not know are passed over, of every wire type', () => {
  const unknown = Buffer.from([
    ...[0xf8, 0x3f, 0x96, 0x01], // 1023: a varint
    ...[0xf9, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8], // 64 bits
    ...[0xfa, 0x3f, 2, 9, 9], // bytes
    ...[0xfd, 0x3f, 1, 2, 3, 4], // 32 bits
  ])
  const known = encodeMessage(POD, { metadata: { name: 'p' } })
  assert.deepEqual(decodeMessage(POD, Buffer.concat([unknown, known])), { metadata: { name: 'p' } })
})

const BROKEN: readonly { readonly what: string; readonly bytes: readonly number[]; readonly message: string }[] = [
  { what: 'a length beyond the end', bytes: [0x0a, 0x7f, 1], message: 'unexpected EOF' },
  { what: 'a number without an end', bytes: [0x80], message: 'unexpected EOF' },
  { what: 'a number that is too long', bytes: Array(11).fill(0xff), message: 'proto: integer overflow' },
  { what: 'a wire type that is none', bytes: [0x3f], message: 'proto: illegal wireType 7' },
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
