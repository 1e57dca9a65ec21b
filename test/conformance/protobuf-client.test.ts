import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeMessage, encodeBody, openEnvelope } from '../../src/api/codec/protobuf.ts'
import { ProtobufReader } from '../../src/api/codec/protobuf-reader.ts'
import { builtinResources } from '../../src/api/kinds/index.ts'
import { apiPath, groupVersion, listKindOf } from '../../src/api/resource.ts'
import { decodeFrames } from '../../src/testing/decoded-frames.ts'
import { type HttpAnswer, Protocol, startHttpsApi } from '../../src/testing/https-api.ts'
import { type Json, protobuf } from './wire-format.ts'

// A client that speaks protobuf alone, with the headers that client-go sends: what every kind answers beside its life
// (every-kind.test.ts), and what is not of any kind: errors, options, metadata, discovery, subresources.

const PROTOBUF = 'application/vnd.kubernetes.protobuf'
/** What client-go asks for when it is told to prefer protobuf. */
const ACCEPT = `${PROTOBUF},application/json`
const METADATA_LIST = `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,${PROTOBUF}`
const METADATA = `${PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,${PROTOBUF}`
const WATCH_LIST = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

const api = await startHttpsApi({ runtimeConfig: { 'api/all': true } })
after(() => api[Symbol.asyncDispose]())
before(() => create('/api/v1/namespaces/a/configmaps', 'ConfigMap', { metadata: { name: 'x', labels: { l: '1' } } }))

const kinds = builtinResources()
const living = kinds.filter(({ verbs }) => verbs.includes('list') && verbs.includes('watch'))

function send(
  method: string,
  path: string,
  { body, accept = ACCEPT, type = PROTOBUF }: Sent = {},
): Promise<HttpAnswer> {
  const headers = { accept, ...(body && { 'content-type': type }) }
  return api.send(Protocol.Http2, { method, path, headers, ...(body && { body }) })
}

interface Sent {
  readonly body?: Uint8Array
  readonly accept?: string
  readonly type?: string
}

function create(path: string, kind: string, object: Json): Promise<HttpAnswer> {
  return send('POST', path, { body: encodeBody({ apiVersion: 'v1', kind }, `io.k8s.api.core.v1.${kind}`, object) })
}

const decoded = ({ headers, bytes }: HttpAnswer): Json => {
  assert.equal(headers['content-type'], PROTOBUF)
  return protobuf.decode(bytes)
}

/** PartialObjectMetadata {metadata = 1}, PartialObjectMetadataList {metadata = 1, items = 2}. */
function partial(bytes: Uint8Array): Json {
  const { kind, apiVersion, raw } = openEnvelope(bytes)
  const reader = new ProtobufReader(raw)
  const items: Json[] = []
  let metadata: Json = {}
  const isList = kind === 'PartialObjectMetadataList'
  while (reader.next()) {
    if (reader.number === 1) metadata = decodeMessage(`${META}${isList ? 'ListMeta' : 'ObjectMeta'}`, reader.bytes())
    else items.push({ metadata: metadataOf(reader.bytes()) })
  }
  return { kind, apiVersion, metadata, ...(isList && { items }) }
}

function metadataOf(message: Uint8Array): Json {
  const reader = new ProtobufReader(message)
  return reader.next() ? decodeMessage(`${META}ObjectMeta`, reader.bytes()) : {}
}

/** The first events of a watch. */
async function events(path: string, count: number, accept = `${PROTOBUF};stream=watch`) {
  const watch = await api.open(Protocol.Http2, { path, headers: { accept } })
  let bytes = Buffer.alloc(0)
  for await (const chunk of watch.chunks) {
    bytes = Buffer.concat([bytes, chunk])
    const seen = decodeFrames(bytes)
    if (seen.length < count) continue
    watch.cancel()
    return { seen, headers: watch.headers }
  }
  throw new Error('the watch ended')
}

for (const definition of living) {
  const namespace = definition.namespaced ? 'empty' : ''
  const path = apiPath(definition, { namespace })
  const name = `${groupVersion(definition)} ${definition.kind}`

  test(`${name}: lists, metadata lists, watches and refusals are protobuf`, async () => {
    const list = decoded(await send('GET', path))
    const items = (list.items ?? []) as Json[]
    assert.deepEqual([list.kind, list.apiVersion], [listKindOf(definition), groupVersion(definition)])
    const metadata = partial((await send('GET', path, { accept: METADATA_LIST })).bytes)
    assert.deepEqual(
      [metadata.kind, metadata.apiVersion, metadata.items],
      ['PartialObjectMetadataList', 'meta.k8s.io/v1', items.map(({ metadata }) => ({ metadata }))],
    )
    const missing = await send('GET', `${path}/nothing`)
    const { kind, reason, code } = decoded(missing)
    assert.deepEqual([missing.status, kind, reason, code], [404, 'Status', 'NotFound', 404])
    const { seen, headers } = await events(`${path}?${WATCH_LIST}`, items.length + 1)
    assert.equal(headers['content-type'], `${PROTOBUF};stream=watch`)
    const { type, object } = seen.at(-1) as (typeof seen)[number]
    const marks = (object.metadata as { annotations?: Json }).annotations
    assert.deepEqual(
      [type, object.kind, object.apiVersion, marks],
      ['BOOKMARK', definition.kind, groupVersion(definition), { 'k8s.io/initial-events-end': 'true' }],
    )
  })
}

test('what a client cannot do, and what it sent wrongly, it hears in protobuf', async () => {
  const path = '/api/v1/namespaces/a/configmaps'
  const again = decoded(await create(path, 'ConfigMap', { metadata: { name: 'x' } }))
  assert.deepEqual([again.reason, again.message], ['AlreadyExists', 'configmaps "x" already exists'])
  const invalid = decoded(await create(path, 'ConfigMap', { metadata: { name: 'A b' } }))
  const { causes } = invalid.details as { causes: { reason: string; field: string }[] }
  assert.deepEqual([invalid.code, causes[0]?.reason, causes[0]?.field], [422, 'FieldValueInvalid', 'metadata.name'])
  const broken = decoded(await send('POST', path, { body: Buffer.from('k8s\0\x0a\x7f') }))
  assert.deepEqual([broken.reason, broken.code], ['BadRequest', 400])
  assert.equal(decoded(await send('PUT', path)).reason, 'MethodNotAllowed')
})

test('a patch is JSON, its answer is not', async () => {
  const body = Buffer.from('{"metadata":{"labels":{"l":"2"}}}')
  const patched = await send('PATCH', '/api/v1/namespaces/a/configmaps/x', {
    body,
    type: 'application/strategic-merge-patch+json',
  })
  assert.deepEqual((decoded(patched).metadata as { labels: Json }).labels, { l: '2' })
})

test('the metadata of an object, and of each object in a watch', async () => {
  const path = '/api/v1/namespaces/a/configmaps'
  const one = partial((await send('GET', `${path}/x`, { accept: METADATA })).bytes)
  assert.deepEqual([one.kind, (one.metadata as Json).name], ['PartialObjectMetadata', 'x'])
  const watch = await api.open(Protocol.Http2, { path: `${path}?watch=1`, headers: { accept: METADATA } })
  for await (const chunk of watch.chunks) {
    assert.ok(chunk.includes('PartialObjectMetadata'))
    break
  }
  watch.cancel()
  assert.equal(watch.headers['content-type'], `${PROTOBUF};stream=watch`)
})

test('options of a deletion, and its answers', async () => {
  const path = '/api/v1/namespaces/a/configmaps'
  await create(path, 'ConfigMap', { metadata: { name: 'gone' } })
  const typeMeta = { apiVersion: 'v1', kind: 'DeleteOptions' }
  const options = (given: Json) => encodeBody(typeMeta, `${META}DeleteOptions`, given)
  const uid = '00000000-0000-0000-0000-000000000000'
  const refused = await send('DELETE', `${path}/gone`, { body: options({ preconditions: { uid } }) })
  assert.deepEqual([refused.status, decoded(refused).reason], [409, 'Conflict'])
  const deleted = decoded(await send('DELETE', `${path}/gone`, { body: options({ propagationPolicy: 'Background' }) }))
  assert.deepEqual([deleted.kind, deleted.status], ['Status', 'Success'])
})

test('subresources of another kind: Scale is read and written', async () => {
  const spec = { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: pod } }
  const deployment = { metadata: { name: 'd' }, spec }
  const typeMeta = { apiVersion: 'apps/v1', kind: 'Deployment' }
  const body = encodeBody(typeMeta, 'io.k8s.api.apps.v1.Deployment', deployment)
  const path = '/apis/apps/v1/namespaces/a/deployments'
  assert.equal((await send('POST', path, { body })).status, 201)
  const scale = decoded(await send('GET', `${path}/d/scale`))
  assert.deepEqual([scale.kind, scale.apiVersion], ['Scale', 'autoscaling/v1'])
  const wanted = { ...scale, spec: { replicas: 3 } }
  const type = 'io.k8s.api.autoscaling.v1.Scale'
  const scaled = await send('PUT', `${path}/d/scale`, {
    body: encodeBody({ apiVersion: 'autoscaling/v1', kind: 'Scale' }, type, wanted),
  })
  assert.deepEqual([scaled.status, decoded(scaled).spec], [200, { replicas: 3 }])
})

const pod = { containers: [{ name: 'c', image: 'i' }] }

for (const [path, kind] of [
  ['/api', 'APIVersions'],
  ['/apis', 'APIGroupList'],
  ['/apis/apps', 'APIGroup'],
  ['/api/v1', 'APIResourceList'],
] as const) {
  test(`discovery at ${path} is an ${kind} in protobuf`, async () => {
    const { headers, bytes } = await send('GET', path)
    assert.deepEqual([headers['content-type'], openEnvelope(bytes).kind], [PROTOBUF, kind])
  })
}

test('a kubectl that wants a Table gets it as JSON, whatever else it takes', async () => {
  const accept = `application/json;as=Table;v=v1;g=meta.k8s.io,${PROTOBUF}`
  const { headers, text } = await send('GET', '/api/v1/namespaces/a/configmaps', { accept })
  assert.deepEqual([headers['content-type'], JSON.parse(text).kind], ['application/json', 'Table'])
})
