import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { WatchEvent } from '../../client/transport.ts'
import { startTestApi, type TestApi } from '../../testing/api-server.ts'
import {
  type AnyObject,
  customClient,
  customDefinition,
  customObject,
  establish,
} from '../../testing/custom-definition.ts'

const at = (name: string) => ({ namespace: 'ns', name })
const refusal = (message: string | RegExp, code: number) => ({ message, code })

test('a custom resource is served from when its definition is established, like any other', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition())
  const widgets = customClient(api)
  const created = await widgets.create(customObject('a', { spec: { size: 1 } }))
  assert.equal(created.metadata.generation, 1)
  assert.deepEqual(await widgets.get(at('a')), created)
  const { items } = await widgets.list({ namespace: 'ns' })
  assert.deepEqual(items, [created])
  await widgets.delete(at('a'))
  await assert.rejects(widgets.get(at('a')), refusal('widgets.example.com "a" not found', 404))
})

test('only versions that are served can be asked for, and all of them show the same objects', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition({ versions: [{}, {}, { served: false }] }))
  const { uid } = (await customClient(api).create(customObject('a', { spec: { size: 1 } }))).metadata
  const second = await customClient(api, 'widgets', 'v2').get(at('a'))
  assert.deepEqual([second.apiVersion, second.metadata.uid, second.spec], ['example.com/v2', uid, { size: 1 }])
  const third = customClient(api, 'widgets', 'v3').get(at('a'))
  await assert.rejects(third, refusal('the server could not find the requested resource', 404))
})

test('what is written in any version is stored in the storage version', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition({ versions: [{}, { storage: false }] }))
  await customClient(api, 'widgets', 'v2').create({ ...customObject('a'), apiVersion: 'example.com/v2' })
  const { entry } = await api.store.get('/registry/example.com/widgets/ns/a')
  assert.match(Buffer.from(entry?.value ?? []).toString(), /"apiVersion":"example.com\/v1"/)
})

/** Definitions with and without a status subresource, and what a write does to generation and status. */
const withStatus = { subresources: { status: {} } }
const writes: [string, object, Record<string, unknown>, unknown][] = [
  ['a change of spec', withStatus, { spec: { size: 2 } }, { generation: 2, status: undefined }],
  ['a change of status without the subresource', {}, { status: { ok: true } }, { generation: 2, status: { ok: true } }],
  [
    'a change of status by the main resource',
    withStatus,
    { status: { ok: true } },
    { generation: 1, status: undefined },
  ],
  ['a change of metadata', {}, { metadata: { labels: { a: 'b' } } }, { generation: 1, status: undefined }],
]
for (const [what, version, body, expected] of writes) {
  test(`${what} leads to generation and status ${JSON.stringify(expected)}`, async () => {
    await using api = await startTestApi()
    await establish(api, customDefinition({ versions: [version] }))
    await customClient(api).create(customObject('a', { spec: { size: 1 } }))
    const { metadata, status } = await customClient(api).patch(at('a'), { type: 'merge', body })
    assert.deepEqual({ generation: metadata.generation, status }, expected)
  })
}

test('the status subresource changes status and nothing else', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition({ versions: [withStatus] }))
  const widgets = customClient(api)
  const created = await widgets.create(customObject('a', { spec: { size: 1 }, status: { ok: false } }))
  assert.equal(created.status, undefined)
  const body = { metadata: { labels: { a: 'b' } }, spec: { size: 2 }, status: { ok: true } }
  const updated = await widgets.patch(at('a'), { type: 'merge', subresource: 'status', body })
  const { labels, generation } = updated.metadata
  assert.deepEqual([labels, generation, updated.spec, updated.status], [undefined, 1, { size: 1 }, { ok: true }])
})

const scale = {
  specReplicasPath: '.spec.count',
  statusReplicasPath: '.status.count',
  labelSelectorPath: '.status.selector',
}

test('scale reads and writes where the definition says', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition({ versions: [{ subresources: { scale } }] }))
  const widgets = customClient(api)
  await widgets.create(customObject('a', { spec: { count: 2 }, status: { count: 1, selector: 'a=b' } }))
  const asked = {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name: 'a', namespace: 'ns' },
    spec: { replicas: 5 },
  }
  const { spec, status } = (await widgets.updateSubresource(at('a'), 'scale', asked)) as Record<string, unknown>
  assert.deepEqual([spec, status], [{ replicas: 5 }, { replicas: 1, selector: 'a=b' }])
  assert.deepEqual((await widgets.get(at('a'))).spec, { count: 5 })
})

const badScales: [Record<string, unknown>, string][] = [
  [{ spec: { count: -1 } }, '.spec.count: Invalid value: -1: should be a non-negative integer'],
  [{ spec: { count: 2 ** 31 } }, '.spec.count: Invalid value: 2147483648: should be less than or equal to 2147483647'],
  [
    { spec: { count: 'x' } },
    '.spec.count: Invalid value: 0: .spec.count accessor error: x is of the type string, expected int64',
  ],
  [
    { status: { selector: 1 } },
    '.status.selector: Invalid value: "": .status.selector accessor error: 1 is of the type int64, expected string',
  ],
]
for (const [values, message] of badScales) {
  test(`no Scale can be made of ${JSON.stringify(values)}`, async () => {
    await using api = await startTestApi()
    await establish(api, customDefinition({ versions: [{ subresources: { scale } }] }))
    const created = customClient(api).create(customObject('a', values))
    await assert.rejects(created, refusal(`Widget.example.com "a" is invalid: ${message}`, 422))
  })
}

test('fields that the definition makes selectable select, in lists and in watches', async () => {
  await using api = await startTestApi()
  const spec = { type: 'object', properties: { color: { type: 'string' } } } as const
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } } as const
  await establish(api, customDefinition({ versions: [{ schema, selectableFields: [{ jsonPath: '.spec.color' }] }] }))
  const widgets = customClient(api)
  await widgets.create(customObject('a', { spec: { color: 'red' } }))
  await widgets.create(customObject('b', { spec: { color: 'blue' } }))
  const { items } = await widgets.list({ fieldSelector: 'spec.color=blue' })
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['b'],
  )
  const unknown = widgets.list({ fieldSelector: 'spec.size=1' })
  await assert.rejects(unknown, refusal('field label not supported: spec.size', 400))
})

test('a custom resource cannot be patched strategically', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition())
  await customClient(api).create(customObject('a'))
  const message =
    /^the body of the request was in an unknown format - accepted media types include: application\/json-patch/
  await assert.rejects(customClient(api).patch(at('a'), { type: 'strategic', body: {} }), refusal(message, 415))
})

test('a watch tells of changes in the version that it asks for, in order', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition({ versions: [{}, {}] }))
  const widgets = customClient(api)
  const stop = new AbortController()
  const seen: string[] = []
  const events = customClient(api, 'widgets', 'v2').watch({}, stop.signal)
  await widgets.create(customObject('a', { spec: { n: 0 } }))
  const writer = (async () => {
    for (let n = 1; n < 5; n++) await widgets.patch(at('a'), { type: 'merge', body: { spec: { n } } })
    await widgets.delete(at('a'))
  })()
  for await (const { type, object } of events as AsyncIterable<WatchEvent<AnyObject>>) {
    seen.push(`${type} ${object.apiVersion} ${(object.spec as { n: number }).n}`)
    if (type === 'DELETED') stop.abort()
  }
  await writer
  assert.deepEqual(seen.slice(-3), [
    'MODIFIED example.com/v2 3',
    'MODIFIED example.com/v2 4',
    'DELETED example.com/v2 4',
  ])
})

test('the versions in which objects may be stored are remembered, and can be taken off the list', async () => {
  await using api = await startTestApi()
  const first = await establish(api, customDefinition({ versions: [{}, {}] }))
  assert.deepEqual(first.status.storedVersions, ['v1'])
  const moved = editable<CustomResourceDefinition>(first)
  for (const version of moved.spec.versions) version.storage = version.name === 'v2'
  const second = editable<CustomResourceDefinition>(await establish(api, moved))
  assert.deepEqual(second.status.storedVersions, ['v1', 'v2'])
  second.status.storedVersions = ['v2']
  const { status } = await api.client().customResourceDefinitions.updateStatus(second)
  assert.deepEqual(status.storedVersions, ['v2'])
})

async function gone(api: TestApi, name: string): Promise<void> {
  const { customResourceDefinitions } = api.client()
  const stop = new AbortController()
  const { items, metadata } = await customResourceDefinitions.list({ fieldSelector: `metadata.name=${name}` })
  if (items.length === 0) return
  const { resourceVersion = '' } = metadata
  const changes = customResourceDefinitions.watch(
    { fieldSelector: `metadata.name=${name}`, resourceVersion },
    stop.signal,
  )
  for await (const { type } of changes) if (type === 'DELETED') stop.abort()
}

test('a deleted definition takes its objects with it, and is served no longer', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition())
  for (const name of ['a', 'b']) await customClient(api).create(customObject(name))
  await api.client().customResourceDefinitions.delete({ name: 'widgets.example.com' })
  await gone(api, 'widgets.example.com')
  await assert.rejects(customClient(api).list(), refusal('the server could not find the requested resource', 404))
  assert.equal((await api.store.list('/registry/example.com/')).entries.length, 0)
})

test('while finalizers hold its objects a definition terminates, and nothing new can be created', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition())
  const widgets = customClient(api)
  await widgets.create(customObject('a', { metadata: { finalizers: ['example.com/hold'] } }))
  const { customResourceDefinitions } = api.client()
  await customResourceDefinitions.delete({ name: 'widgets.example.com' })
  const { metadata, status } = await customResourceDefinitions.get({ name: 'widgets.example.com' })
  assert.deepEqual(metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io'])
  assert.equal(status.conditions?.find(({ type }) => type === 'Terminating')?.status, 'True')
  const why = 'create not allowed while custom resource definition is terminating'
  const forbidden = `widgets.example.com "b" is forbidden: ${why}`
  await assert.rejects(widgets.create(customObject('b')), refusal(forbidden, 403))
  await widgets.patch(at('a'), { type: 'merge', body: { metadata: { finalizers: [] } } })
  await gone(api, 'widgets.example.com')
  await assert.rejects(widgets.get(at('a')), refusal('the server could not find the requested resource', 404))
})

test('requests to a deprecated version are answered with a warning', async () => {
  await using api = await startTestApi()
  await establish(api, customDefinition({ versions: [{ deprecated: true }, {}] }))
  const warnings: string[] = []
  const resource = api.server.registry.find('example.com', 'v1', 'widgets')
  assert.ok(resource)
  const query = { get: () => undefined, all: () => [] }
  const user = { name: 'x', groups: [] }
  const body = { kind: 'none' } as const
  const { signal } = new AbortController()
  const call = { verb: 'list', resource, namespace: '', name: '', subresource: '', query, body, user, signal } as const
  await api.server.handler({ ...call, warn: (text) => warnings.push(text) })
  assert.deepEqual(warnings, ['example.com/v1 Widget is deprecated; use example.com/v2 Widget'])
})
