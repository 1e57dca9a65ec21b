import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBody, envelope, openEnvelope } from '../../api/codec/protobuf.ts'
import { builtinResources } from '../../api/kinds/index.ts'
import { type ApiObject, groupVersion } from '../../api/resource.ts'
import { randomObject } from '../../testing/random-object.ts'
import { tableModel } from '../registry/model-of.ts'
import { storagePrefix } from '../registry/storage-prefix.ts'
import { encodeStored, encodeUntyped, StoredObject } from '../watch-cache/stored-value.ts'
import { etcdValues } from './etcd-values.ts'

const codec = etcdValues(builtinResources())
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const objectIn = (value: Uint8Array): ApiObject & { readonly data?: unknown } => {
  const { resourceVersion, ...metadata } = new StoredObject('/x', value, 1).object().metadata
  assert.equal(resourceVersion, '1')
  return { ...new StoredObject('/x', value, 1).object(), metadata } as ApiObject
}

const stored = builtinResources().filter(({ verbs, kind }) => verbs.includes('get') && kind !== 'ComponentStatus')

test('every built-in kind is written as protobuf and read back as the same bytes, and those are written the same', () => {
  for (const definition of stored) {
    const key = `${storagePrefix(definition)}a/b`
    for (let seed = 1; seed <= 5; seed++) {
      const object = tableModel(definition.type).normalise<ApiObject>(randomObject(definition.type, { seed }), {
        strict: 'Ignore',
      }).object
      object.metadata ??= {}
      delete object.metadata.resourceVersion
      const written = encodeBody(
        { apiVersion: groupVersion(definition), kind: definition.kind },
        definition.type,
        object,
      )
      const value = codec.decode(key, written) // in the stored version, with what upstream's decoder makes of it
      const inEtcd = codec.encode(key, value)
      assert.equal(text(inEtcd.subarray(0, 4)), 'k8s\0')
      assert.equal(
        text(codec.decode(key, inEtcd)),
        text(value),
        `${groupVersion(definition)} ${definition.kind} ${seed}`,
      )
      assert.deepEqual(codec.encode(key, codec.decode(key, inEtcd)), inEtcd)
      assert.deepEqual(codec.encode(key, value, new StoredObject(key, value, 1).object()), inEtcd)
    }
  }
})

test('what a value was made of is written as the value is, without its revision and what is undefined', () => {
  const key = '/registry/configmaps/default/a'
  const metadata = { name: 'a', resourceVersion: '7', labels: { x: 'y', z: undefined }, deletionTimestamp: undefined }
  const source = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { b: '1', a: '2' } } as unknown as ApiObject
  const { resourceVersion, ...stored } = metadata
  assert.deepEqual(
    codec.encode(key, encodeStored(source), source),
    codec.encode(key, encodeStored({ ...source, metadata: stored } as unknown as ApiObject)),
  )
  assert.equal(metadata.resourceVersion, resourceVersion)
})

test('the leases of API servers are Endpoints, as upstream writes and reads them', () => {
  const key = '/registry/masterleases/10.0.0.1'
  const lease = { kind: 'Endpoints', apiVersion: 'v1', metadata: {}, subsets: [{ addresses: [{ ip: '10.0.0.1' }] }] }
  const inEtcd = codec.encode(key, encodeStored(lease as ApiObject))
  assert.equal(openEnvelope(inEtcd).kind, 'Endpoints')
  assert.deepEqual((objectIn(codec.decode(key, inEtcd)) as typeof lease & ApiObject).subsets, lease.subsets)
})

test('built-in objects in JSON are read too, as upstream writes them with --storage-media-type=application/json', () => {
  const json = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'a', creationTimestamp: null },
    data: { x: 'y' },
  }
  const value = codec.decode('/registry/configmaps/default/a', bytes(`${JSON.stringify(json)}\n`))
  assert.deepEqual(objectIn(value).data, { x: 'y' })
  assert.equal(openEnvelope(codec.encode('/registry/configmaps/default/a', value)).kind, 'ConfigMap')
})

test('custom resources are JSON with a line feed', () => {
  const key = '/registry/example.com/widgets/default/a'
  const metadata = { name: 'a', resourceVersion: '7', uid: 'u' }
  const value = encodeUntyped({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata,
    spec: { size: 3 },
  } as ApiObject)
  const inEtcd = codec.encode(key, value)
  assert.equal(
    text(inEtcd),
    '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","uid":"u"},"spec":{"size":3}}\n',
  )
  assert.deepEqual(Buffer.from(codec.decode(key, inEtcd)), Buffer.from(value))
})

test('a kind is written in the version that upstream writes, and read in every version that is known', () => {
  const versions: [key: string, object: object, written: string, seen: string][] = [
    [
      '/registry/horizontalpodautoscalers/default/a',
      { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', spec: { maxReplicas: 3 } },
      'autoscaling/v2',
      'autoscaling/v2',
    ],
    [
      '/registry/mutatingadmissionpolicies/a',
      { apiVersion: 'admissionregistration.k8s.io/v1beta1', kind: 'MutatingAdmissionPolicy', spec: {} },
      'admissionregistration.k8s.io/v1beta1',
      'admissionregistration.k8s.io/v1',
    ],
    [
      '/registry/ipaddresses/10.0.0.1',
      { apiVersion: 'networking.k8s.io/v1beta1', kind: 'IPAddress' },
      'networking.k8s.io/v1',
      'networking.k8s.io/v1',
    ],
  ]
  for (const [key, object, written, seen] of versions) {
    const value = codec.decode(key, bytes({ metadata: { name: 'a' }, ...object }))
    assert.equal(objectIn(value).apiVersion, seen)
    assert.equal(openEnvelope(codec.encode(key, value)).apiVersion, written)
  }
})

const refused: [what: string, key: string, value: Uint8Array, says: RegExp][] = [
  [
    'an encrypted value',
    '/registry/secrets/default/a',
    bytes('k8s:enc:aescbc:v1:key1:xxxx'),
    /\/registry\/secrets\/default\/a .*encrypted \(aescbc\)/,
  ],
  ['garbage', '/registry/pods/default/a', bytes('hello'), /neither JSON nor protobuf but begins with "hello"/],
  [
    'another kind',
    '/registry/pods/default/a',
    bytes({ apiVersion: 'v1', kind: 'Secret', metadata: {} }),
    /is a v1 Secret, and this program knows v1 Pod/,
  ],
  [
    'a version that is long gone',
    '/registry/cronjobs/default/a',
    envelope({ apiVersion: 'batch/v1beta1', kind: 'CronJob' }, new Uint8Array()),
    /is a batch\/v1beta1 CronJob, and this program knows batch\/v1 CronJob/,
  ],
]
for (const [what, key, value, says] of refused) {
  test(`${what} is refused with its key`, () => assert.throws(() => codec.decode(key, value), says))
}

const V1BETA1 = {
  apiVersion: 'apiextensions.k8s.io/v1beta1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    version: 'v1',
    names: { plural: 'widgets', kind: 'Widget' },
    scope: 'Namespaced',
    validation: { openAPIV3Schema: { type: 'object' } },
    subresources: { status: {} },
    additionalPrinterColumns: [{ name: 'Size', type: 'integer', JSONPath: '.spec.size' }],
    versions: [
      { name: 'v1', served: true, storage: true },
      { name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: { type: 'object', title: 'two' } } },
    ],
    conversion: {
      strategy: 'Webhook',
      webhookClientConfig: { url: 'https://example.com' },
      conversionReviewVersions: ['v1'],
    },
  },
}

test('a definition stored as v1beta1 is read as v1: each version has what was said for all', () => {
  const value = codec.decode('/registry/apiextensions.k8s.io/customresourcedefinitions/a', bytes(V1BETA1))
  const { apiVersion, spec } = objectIn(value) as ApiObject & { spec: Record<string, unknown> }
  const common = {
    subresources: { status: {} },
    additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
  }
  assert.equal(apiVersion, 'apiextensions.k8s.io/v1')
  assert.deepEqual(spec, {
    group: 'example.com',
    names: { plural: 'widgets', kind: 'Widget' },
    scope: 'Namespaced',
    versions: [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } }, ...common },
      {
        name: 'v2',
        served: true,
        storage: false,
        schema: { openAPIV3Schema: { type: 'object', title: 'two' } },
        ...common,
      },
    ],
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: { url: 'https://example.com' }, conversionReviewVersions: ['v1'] },
    },
  })
})

test('the same definition in protobuf is read as the same', () => {
  const key = '/registry/apiextensions.k8s.io/customresourcedefinitions/a'
  assert.equal(text(codec.decode(key, v1beta1Message())), text(codec.decode(key, bytes(V1BETA1))))
})

const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)])
const field = (number: number, content: Uint8Array | string): Buffer => {
  const inner = Buffer.from(content as string)
  return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(inner.length)]), inner])
}
const flag = (number: number): Buffer => Buffer.from([number << 3, 1])
const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields)

/** V1BETA1 by its field numbers (apiextensions/v1beta1 generated.proto). */
function v1beta1Message(): Uint8Array {
  const schema = (...more: Buffer[]) => field(1, message(field(5, 'object'), ...more))
  const spec = message(
    field(1, 'example.com'),
    field(2, 'v1'),
    field(3, message(field(1, 'widgets'), field(4, 'Widget'))),
    field(4, 'Namespaced'),
    field(5, schema()),
    field(6, field(1, '')),
    field(7, message(field(1, 'v1'), flag(2), flag(3))),
    field(7, message(field(1, 'v2'), flag(2), field(4, schema(field(7, 'two'))))),
    field(8, message(field(1, 'Size'), field(2, 'integer'), field(6, '.spec.size'))),
    field(9, message(field(1, 'Webhook'), field(2, field(3, 'https://example.com')), field(3, 'v1'))),
  )
  return envelope(V1BETA1, message(field(1, field(1, 'widgets.example.com')), field(2, spec)))
}

test('what a client creates is stored the same in etcd and in the embedded store', () => {
  const key = '/registry/configmaps/default/a'
  const value = encodeStored({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'a' },
    data: { x: 'y' },
  } as ApiObject)
  const there = objectIn(codec.decode(key, codec.encode(key, value)))
  assert.deepEqual(there, { ...objectIn(value), metadata: { name: 'a' } })
})
