import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { decodeCbor, encodeCbor } from '../../api/codec/cbor.ts'
import { encodeBody } from '../../api/codec/protobuf.ts'
import { FeatureGates } from '../../api/feature-gates.ts'
import type { ConfigMap, Namespace } from '../../api/types/core.v1.ts'
import type { New } from '../../client/client.ts'
import { decodeBody, decodeFrames } from '../../testing/decoded-frames.ts'
import { type HttpAnswer, type HttpsApi, Protocol, startHttpsApi } from '../../testing/https-api.ts'

const JSON_TYPE = 'application/json'
const YAML = 'application/yaml'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'
const CBOR = 'application/cbor'
const maps = '/api/v1/namespaces/a/configmaps'
const V1_CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
const CONFIG_MAP = 'io.k8s.api.core.v1.ConfigMap'

const map = (name: string, data: Record<string, string> = { k: 'v' }) => ({
  ...V1_CONFIG_MAP,
  metadata: { name, namespace: 'a' },
  data,
})

const startWithCbor = () => startHttpsApi({ featureGates: FeatureGates.parse(['CBORServingAndStorage=true']) })

interface Form {
  readonly type: string
  encode(object: object): string | Uint8Array
  decode(answer: HttpAnswer): Record<string, unknown>
}

const FORMS: readonly Form[] = [
  { type: JSON_TYPE, encode: (object) => JSON.stringify(object), decode: ({ text }) => JSON.parse(text) },
  {
    type: PROTOBUF,
    encode: (object) => encodeBody(V1_CONFIG_MAP, CONFIG_MAP, object),
    decode: ({ bytes }) => decodeBody(bytes),
  },
  {
    type: CBOR,
    encode: (object) => encodeCbor(object, CONFIG_MAP),
    decode: ({ bytes }) => decodeCbor(bytes) as Record<string, unknown>,
  },
]

for (const { type, encode, decode } of FORMS) {
  test(`${type}: an object is written, read, listed and deleted`, async () => {
    await using api = await startWithCbor()
    const headers = { accept: type, 'content-type': type }
    const created = await api.send(Protocol.Http1, { method: 'POST', path: maps, headers, body: encode(map('x')) })
    const json = JSON.parse((await api.send(Protocol.Http1, { path: `${maps}/x` })).text)
    const read = await api.send(Protocol.Http2, { path: `${maps}/x`, headers: { accept: type } })
    assert.deepEqual([created.status, created.headers['content-type'], decode(created)], [201, type, json])
    assert.deepEqual(decode(read), json)
    const list = decode(await api.send(Protocol.Http1, { path: maps, headers: { accept: type } }))
    const { kind: _kind, apiVersion: _apiVersion, ...item } = json
    assert.deepEqual([list.kind, list.apiVersion, list.items], ['ConfigMapList', 'v1', [item]])
    const gone = await api.send(Protocol.Http1, { method: 'DELETE', path: `${maps}/x`, headers: { accept: type } })
    assert.equal(decode(gone).status, 'Success')
  })

  test(`${type}: a refusal is a Status in the same form`, async () => {
    await using api = await startWithCbor()
    const answer = await api.send(Protocol.Http1, { path: `${maps}/x`, headers: { accept: type } })
    const { kind, reason, code } = decode(answer)
    assert.deepEqual([answer.status, kind, reason, code], [404, 'Status', 'NotFound', 404])
  })

  test(`${type}: only the metadata can be asked for`, async () => {
    await using api = await startWithCbor()
    await api.client().configMaps.create(map('x', { k: 'hidden' }) as New<ConfigMap>)
    const accept = `${type};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`
    const answer = await api.send(Protocol.Http1, { path: `${maps}/x`, headers: { accept } })
    assert.equal(answer.headers['content-type'], type)
    assert.ok(!answer.bytes.includes(Buffer.from('hidden')))
    assert.ok(answer.bytes.includes(Buffer.from('PartialObjectMetadata')))
  })
}

test('YAML: an object is written and read', async () => {
  await using api = await startHttpsApi()
  const headers = { accept: YAML, 'content-type': `${YAML}; charset=utf-8` }
  const body = 'kind: ConfigMap\nmetadata: {name: x}\ndata:\n  "yes": "no"\n'
  const { status, text } = await api.send(Protocol.Http1, { method: 'POST', path: maps, headers, body })
  assert.equal(status, 201)
  assert.match(text, /^apiVersion: v1\ndata:\n {2}"yes": "no"\nkind: ConfigMap\n/)
})

test('a watch in protobuf has each event after its length', async () => {
  await using api = await startHttpsApi()
  const { configMaps } = api.client()
  const watch = await api.open(Protocol.Http1, { path: `${maps}?watch=1`, headers: { accept: PROTOBUF } })
  await configMaps.create(map('x') as New<ConfigMap>)
  await configMaps.delete({ namespace: 'a', name: 'x' })
  const events = await collect(watch.chunks, (bytes) => decodeFrames(bytes), 2)
  watch.cancel()
  assert.equal(watch.headers['content-type'], `${PROTOBUF};stream=watch`)
  assert.deepEqual(
    events.map(({ type, object }) => [type, (object as unknown as ConfigMap).metadata?.name]),
    [
      ['ADDED', 'x'],
      ['DELETED', 'x'],
    ],
  )
})

test('a watch in CBOR is a sequence of items', async () => {
  await using api = await startWithCbor()
  const watch = await api.open(Protocol.Http1, { path: `${maps}?watch=1`, headers: { accept: CBOR } })
  await api.client().configMaps.create(map('x') as New<ConfigMap>)
  const [bytes] = await collect(watch.chunks, (all) => (all.length > 0 ? [all] : []), 1)
  watch.cancel()
  assert.equal(watch.headers['content-type'], 'application/cbor-seq')
  const { type, object } = decodeCbor(bytes as Buffer) as { type: string; object: ConfigMap }
  assert.deepEqual([type, object.metadata?.name, object.data], ['ADDED', 'x', { k: 'v' }])
})

test('CBOR is refused as long as its feature is off', async () => {
  await using api = await startHttpsApi()
  const headers = { 'content-type': CBOR }
  const body = encodeCbor(map('x'))
  const written = await api.send(Protocol.Http1, { method: 'POST', path: maps, headers, body })
  const read = await api.send(Protocol.Http1, { path: maps, headers: { accept: CBOR } })
  const words = 'the body of the request was in an unknown format - accepted media types include: '
  assert.equal(JSON.parse(written.text).message, `${words}${JSON_TYPE}, ${YAML}, ${PROTOBUF}`)
  assert.deepEqual([written.status, read.status], [415, 406])
})

test('a configuration in CBOR can be applied where objects in CBOR are taken', async () => {
  const apply = {
    method: 'PATCH',
    path: `${maps}/x?fieldManager=m`,
    headers: { 'content-type': 'application/apply-patch+cbor' },
    body: encodeCbor({ ...map('x', { k: 'v' }), apiVersion: 'v1', kind: 'ConfigMap' }),
  }
  await using api = await startWithCbor()
  const applied = await api.send(Protocol.Http1, apply)
  assert.deepEqual([applied.status, JSON.parse(applied.text).data], [201, { k: 'v' }])
  await using plain = await startHttpsApi()
  assert.equal((await plain.send(Protocol.Http1, apply)).status, 415)
})

const BODIES: readonly {
  readonly what: string
  readonly type: string
  readonly body: string | Uint8Array
  readonly message: string
}[] = [
  {
    what: 'protobuf without its mark',
    type: PROTOBUF,
    body: '{"kind":"ConfigMap"}',
    message:
      'the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({"kind":"ConfigMap"})',
  },
  {
    what: 'protobuf that is broken within',
    type: PROTOBUF,
    body: Buffer.from('6b3873000a0f0a0276311209436f6e6669674d617012020a7f', 'hex'),
    message: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF',
  },
  {
    what: 'protobuf of another kind',
    type: PROTOBUF,
    body: encodeBody({ apiVersion: 'v1', kind: 'Secret' }, 'io.k8s.api.core.v1.Secret', {}),
    message:
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  },
  {
    what: 'CBOR that is broken',
    type: CBOR,
    body: Buffer.from('a1', 'hex'),
    message:
      'the object provided is unrecognized (must be of type ConfigMap): unable to determine group/version/kind: unexpected EOF (a1)',
  },
  {
    what: 'CBOR that is no map',
    type: CBOR,
    body: Buffer.from('80', 'hex'),
    message:
      'the object provided is unrecognized (must be of type ConfigMap): unable to determine group/version/kind: cbor: cannot unmarshal array into Go value of type v1.TypeMeta (80)',
  },
]

for (const { what, type, body, message } of BODIES) {
  test(`${what} is refused with 400 in upstream’s words`, async () => {
    await using api = await startWithCbor()
    const headers = { 'content-type': type }
    const { status, text } = await api.send(Protocol.Http1, { method: 'POST', path: maps, headers, body })
    assert.deepEqual([status, JSON.parse(text).message], [400, message])
  })
}

test('DeleteOptions come in protobuf too', async () => {
  await using api = await startHttpsApi()
  await api.client().configMaps.create(map('x') as New<ConfigMap>)
  const options = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'
  const body = encodeBody({ apiVersion: 'v1', kind: 'DeleteOptions' }, options, { dryRun: ['All'] })
  const headers = { 'content-type': PROTOBUF }
  const { status } = await api.send(Protocol.Http1, { method: 'DELETE', path: `${maps}/x`, headers, body })
  const still = await api.send(Protocol.Http1, { path: `${maps}/x` })
  assert.deepEqual([status, still.status], [200, 200])
})

test('every discovery document is served in protobuf', async () => {
  await using api = await startHttpsApi()
  for (const path of ['/api', '/apis', '/apis/apps', '/api/v1', '/apis/apps/v1']) {
    const [json, protobuf] = await Promise.all([
      api.send(Protocol.Http1, { path }),
      api.send(Protocol.Http1, { path, headers: { accept: PROTOBUF } }),
    ])
    const { kind, apiVersion, ...content } = JSON.parse(json.text)
    const { kind: ofKind, apiVersion: _apiVersion, ...back } = decodeBody(protobuf.bytes)
    assert.deepEqual(
      [protobuf.status, ofKind, apiVersion, back],
      [200, kind, path === '/api/v1' ? undefined : apiVersion, content],
      path,
    )
  }
})

test('aggregated discovery is tagged, and served in protobuf', async () => {
  await using api = await startHttpsApi()
  const accept = (type: string) => ({ accept: `${type};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList` })
  const json = await api.send(Protocol.Http1, { path: '/apis', headers: accept(JSON_TYPE) })
  const protobuf = await api.send(Protocol.Http1, { path: '/apis', headers: accept(PROTOBUF) })
  const etag = json.headers.etag as string
  const again = await api.send(Protocol.Http1, {
    path: '/apis',
    headers: { ...accept(PROTOBUF), 'if-none-match': etag },
  })
  assert.equal(protobuf.headers['content-type'], accept(PROTOBUF).accept)
  assert.equal(protobuf.bytes.subarray(0, 4).toString(), 'k8s\0')
  for (const word of ['deployments', 'Namespaced', 'Current', 'Scale']) assert.ok(protobuf.bytes.includes(word), word)
  assert.deepEqual([protobuf.headers.etag, again.status, again.text], [etag, 304, ''])
})

test('large answers are compressed for those who take that', async () => {
  await using api = await startHttpsApi()
  const { configMaps } = api.client()
  const padding = 'x'.repeat(100_000)
  for (const name of ['m1', 'm2', 'm3']) await configMaps.create(map(name, { padding }) as New<ConfigMap>)
  for (const accept of [JSON_TYPE, PROTOBUF]) {
    const plain = await api.send(Protocol.Http1, { path: maps, headers: { accept } })
    for (const protocol of Object.values(Protocol)) {
      const packed = await api.send(protocol, { path: maps, headers: { accept, 'accept-encoding': 'br, gzip' } })
      const { 'content-encoding': encoding, vary, 'content-length': length } = packed.headers
      assert.deepEqual([encoding, vary, length], ['gzip', 'Accept-Encoding', undefined])
      assert.ok(gunzipSync(packed.bytes).equals(plain.bytes))
    }
    const one = await api.send(Protocol.Http1, { path: `${maps}/m1`, headers: { accept, 'accept-encoding': 'gzip' } })
    const refused = await api.send(Protocol.Http1, { path: maps, headers: { accept, 'accept-encoding': 'gzip;q=0' } })
    assert.deepEqual([one.headers['content-encoding'], refused.headers['content-encoding']], [undefined, undefined])
  }
})

test('a list in protobuf says how long it is', async () => {
  await using api = await startHttpsApi()
  await createMany(api, 400)
  const { headers, bytes } = await api.send(Protocol.Http1, { path: maps, headers: { accept: PROTOBUF } })
  assert.equal(Number(headers['content-length']), bytes.length)
  assert.equal((decodeBody(bytes).items as object[]).length, 400)
})

test('a list of a paged size ends where the next page begins', async () => {
  await using api = await startHttpsApi()
  await createMany(api, 5)
  const page = await api.send(Protocol.Http1, { path: `${maps}?limit=3`, headers: { accept: PROTOBUF } })
  const { items, metadata } = decodeBody(page.bytes) as { items: object[]; metadata: Record<string, unknown> }
  assert.deepEqual([items.length, metadata.remainingItemCount, typeof metadata.continue], [3, 2, 'string'])
})

test('HEAD has the head of GET where the router of a real API server has it, and is refused elsewhere', async () => {
  await using api = await startHttpsApi()
  const paths = ['/healthz', '/apis', '/openapi/v3', '/version', '/api/v1', maps, '/apis/apps/v1']
  const answers = await Promise.all(paths.map((path) => api.send(Protocol.Http1, { method: 'HEAD', path })))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 405, 405, 405, 405],
  )
  assert.deepEqual([...new Set(answers.map(({ text }) => text))], [''])
})

test('methods that are no verb are refused', async () => {
  await using api = await startHttpsApi()
  const { status, text } = await api.send(Protocol.Http1, { method: 'OPTIONS', path: maps })
  assert.deepEqual([status, JSON.parse(text).reason], [405, 'MethodNotAllowed'])
})

test('every answer about a deprecated kind says so', async () => {
  await using api = await startHttpsApi()
  const { headers } = await api.send(Protocol.Http1, { path: '/api/v1/namespaces/a/endpoints' })
  assert.equal(headers.warning, '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"')
})

test('metrics say which features are on', async () => {
  await using api = await startWithCbor()
  const { text } = await api.send(Protocol.Http1, { path: '/metrics' })
  assert.ok(text.includes('kubernetes_feature_enabled{name="CBORServingAndStorage",stage="ALPHA"} 1\n'))
})

async function createMany(api: HttpsApi, count: number): Promise<void> {
  const { configMaps, namespaces } = api.client()
  await namespaces.create({ metadata: { name: 'a' } } as New<Namespace>)
  for (let index = 0; index < count; index++) await configMaps.create(map(`m${index}`) as New<ConfigMap>)
}

/** Reads until there are so many of what the bytes so far come to. */
async function collect<T>(chunks: AsyncIterable<Buffer>, read: (bytes: Buffer) => T[], count: number): Promise<T[]> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of chunks) {
    bytes = Buffer.concat([bytes, chunk])
    const found = read(bytes)
    if (found.length >= count) return found
  }
  throw new Error('the answer ended before')
}
