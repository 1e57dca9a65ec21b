import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { schemaTable } from '../schema/schema.ts'
import { DecodeError } from './decode-error.ts'
import { decodeJson } from './json.ts'
import { normalise } from './normalise.ts'

const CORE = 'io.k8s.api.core.v1.'
const strict = { strict: 'Strict' } as const
const normal = (type: string, value: unknown) => JSON.stringify(normalise(type, value, strict).object)

test('fields come in the order of the Go type and zero values follow the table', () => {
  const pod = {
    spec: {
      terminationGracePeriodSeconds: 0,
      nodeName: '',
      hostNetwork: false,
      containers: [{ image: 'i', name: 'c', env: [], stdin: false, ports: null }],
    },
    metadata: { labels: {}, name: 'a' },
    kind: 'Pod',
    apiVersion: 'v1',
  }
  const expected = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: 'a' },
    spec: { containers: [{ name: 'c', image: 'i', resources: {} }], terminationGracePeriodSeconds: 0 },
    status: {},
  }
  assert.equal(normal(`${CORE}Pod`, pod), JSON.stringify(expected))
})

const canonical: [what: string, type: string, given: unknown, written: unknown][] = [
  [
    'quantities',
    'ResourceRequirements',
    { limits: { cpu: '1000m', memory: '1024Mi', x: 2 } },
    { limits: { cpu: '1', memory: '1Gi', x: '2' } },
  ],
  [
    'times in another zone',
    'ContainerStateRunning',
    { startedAt: '2026-01-02T03:04:05.9+02:00' },
    { startedAt: '2026-01-02T01:04:05Z' },
  ],
  [
    'base64 with line breaks',
    'Secret',
    { data: { a: 'YW\nJj', b: 'YQ==', c: 'YR==' } },
    { metadata: {}, data: { a: 'YWJj', b: 'YQ==', c: 'YQ==' } },
  ],
  ['null in a map of bytes', 'Secret', { data: { a: null } }, { metadata: {}, data: { a: '' } }],
  ['null in a map of strings', 'ConfigMap', { data: { a: null } }, { metadata: {}, data: { a: '' } }],
  ['a missing divisor', 'ResourceFieldSelector', { resource: 'r' }, { resource: 'r', divisor: '0' }],
  ['a missing list that is always written', 'PodSpec', {}, { containers: null }],
]

for (const [what, type, given, written] of canonical) {
  test(`${what} take their canonical form`, () => {
    assert.equal(normal(CORE + type, given), JSON.stringify(written))
  })
}

test('free-form parts pass through unchanged', () => {
  const managedFields = [{ manager: 'm', operation: 'Update', fieldsV1: { 'f:b': {}, 'f:a': { '.': {} } } }]
  assert.equal(
    normal(`${CORE}ConfigMap`, { metadata: { managedFields } }),
    JSON.stringify({ metadata: { managedFields } }),
  )
})

test('unknown fields are named with their indices, in the order of the document, names in the exact case', () => {
  const pod = { spec: { foo: 1, containers: [{ name: 'a' }, { Name: 'b', bar: {} }] }, extra: {} }
  const { problems } = normalise(`${CORE}Pod`, pod, strict)
  assert.deepEqual(problems, [
    'unknown field "spec.foo"',
    'unknown field "spec.containers[1].Name"',
    'unknown field "spec.containers[1].bar"',
    'unknown field "extra"',
  ])
  assert.deepEqual(normalise(`${CORE}Pod`, pod, { strict: 'Ignore' }).problems, [])
})

test('a struct without fields takes none', () => {
  const type = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources'
  const { object, problems } = normalise(type, { status: { a: 1 } }, strict)
  assert.deepEqual({ object, problems }, { object: { status: {} }, problems: ['unknown field "status.a"'] })
})

test('undefined members, as in-process callers leave them, count as absent', () => {
  const { object, problems } = normalise(
    `${CORE}ConfigMap`,
    { metadata: { name: 'a', labels: undefined }, data: undefined },
    strict,
  )
  assert.deepEqual({ object, problems }, { object: { metadata: { name: 'a' } }, problems: [] })
})

test('the input may be frozen and is never part of the result', () => {
  const labels = Object.freeze({ a: 'b' })
  const input = Object.freeze({ metadata: Object.freeze({ labels, finalizers: Object.freeze(['x']) }) })
  const object = normalise<{ metadata: { labels: object; finalizers: string[] } }>(
    `${CORE}ConfigMap`,
    input,
    strict,
  ).object
  assert.deepEqual(object, input)
  assert.notEqual(object.metadata.labels, labels)
  object.metadata.finalizers.push('y')
})

test('a key named __proto__ is a key like any other', () => {
  const { value } = decodeJson(Buffer.from('{"data":{"__proto__":null,"a":"b"}}'))
  assert.equal(normal(`${CORE}ConfigMap`, value), '{"metadata":{},"data":{"__proto__":"","a":"b"}}')
})

test('each type of the table has a decoder, and decoding its own result changes nothing', () => {
  for (const [name, { fields }] of schemaTable().types) {
    if (!fields) continue
    const once = normalise(name, {}, strict).object
    assert.deepEqual(normalise(name, once, strict), { object: once, problems: [] }, name)
  }
})

interface Step {
  do: string
  body?: unknown
  expect: { status: number; body?: { message?: string } }
}

test('values of the wrong type are refused in the recorded words', () => {
  const recording = new URL('../../../test/golden/scenarios/validation-decode.json', import.meta.url)
  const { steps } = JSON.parse(readFileSync(recording, 'utf8')) as { steps: Step[] }
  let checked = 0
  for (const { do: request, body, expect } of steps) {
    const message = expect.body?.message
    if (typeof body !== 'string' || !/cannot be handled as a .*: (?:json|illegal|quantities)/.test(message ?? ''))
      continue
    const type = request.endsWith('/deployments') ? 'io.k8s.api.apps.v1.Deployment' : `${CORE}ConfigMap`
    const { value } = decodeJson(Buffer.from(body))
    assert.throws(
      () => normalise(type, value, strict),
      (error) => error instanceof DecodeError && message?.endsWith(error.message) === true,
      body,
    )
    checked++
  }
  assert.ok(checked >= 15, `only ${checked} recorded errors`)
})

const refused: [type: string, value: unknown, message: string][] = [
  [
    'PodSpec',
    { restartPolicy: 5 },
    'json: cannot unmarshal number into Go struct field PodSpec.restartPolicy of type v1.RestartPolicy',
  ],
  [
    'PersistentVolumeSpec',
    { accessModes: [true] },
    'json: cannot unmarshal bool into Go struct field PersistentVolumeSpec.accessModes of type v1.PersistentVolumeAccessMode',
  ],
  ['Pod', [], 'json: cannot unmarshal array into Go value of type v1.Pod'],
  [
    'ConfigMap',
    { metadata: { creationTimestamp: 'yesterday' } },
    'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
  ],
  [
    'ConfigMap',
    { metadata: { creationTimestamp: '2026-13-01T00:00:00Z' } },
    'parsing time "2026-13-01T00:00:00Z": month out of range',
  ],
  [
    'Event',
    { eventTime: '2026-01-01T00:00:00Z' },
    'parsing time "2026-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
  ],
  ['Secret', { data: { a: 'YWI' } }, 'illegal base64 data at input byte 0'],
  [
    'ResourceRequirements',
    { limits: { cpu: '1Q' } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    'ResourceRequirements',
    { limits: [] },
    'json: cannot unmarshal array into Go struct field ResourceRequirements.limits of type v1.ResourceList',
  ],
]

for (const [type, value, message] of refused) {
  test(`${type} ${JSON.stringify(value)} is refused`, () => {
    assert.throws(() => normalise(CORE + type, value, strict), { message })
  })
}
