import assert from 'node:assert/strict'
import test from 'node:test'
import type { ConfigMap, Namespace } from '../../api/types/core.v1.ts'
import type { New, ResourceClient } from '../../client/client.ts'
import type { WatchEvent } from '../../client/transport.ts'
import { startTestApi } from '../../testing/api-server.ts'

const map = (name: string, more: Partial<ConfigMap> = {}): New<ConfigMap> =>
  ({ metadata: { name, namespace: 'a', ...more.metadata }, data: more.data ?? { k: 'v' } }) as New<ConfigMap>

const refusal = (message: string | RegExp, code: number) => ({ message, code })

test('a created object is read back as it is stored', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  const created = await configMaps.create(map('x'))
  assert.deepEqual(await configMaps.get({ namespace: 'a', name: 'x' }), created)
  assert.match(created.metadata.uid, /^[0-9a-f-]{36}$/)
})

test('an object without a name is refused as such, whatever the rules of its kind look at', async () => {
  await using api = await startTestApi()
  const { configMaps, cronJobs, jobs, priorityClasses } = api.client()
  const required = /metadata\.name: Required value: name or generateName is required/
  for (const client of [configMaps, cronJobs, jobs, priorityClasses]) {
    await assert.rejects(client.create({ metadata: { namespace: 'a' } } as never), refusal(required, 422))
  }
})

for (const type of ['merge', 'strategic'] as const) {
  test(`a ${type} patch cannot take an object’s kind away`, async () => {
    await using api = await startTestApi()
    const { configMaps } = api.client()
    await configMaps.create(map('x'))
    const body = { kind: '', apiVersion: null, data: { k: '2' } }
    const { kind, apiVersion, data } = await configMaps.patch({ namespace: 'a', name: 'x' }, { type, body })
    assert.deepEqual([kind, apiVersion, data], ['ConfigMap', 'v1', { k: '2' }])
  })
}

test('a name can be taken once', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  await configMaps.create(map('x'))
  await assert.rejects(configMaps.create(map('x')), refusal('configmaps "x" already exists', 409))
})

test('a stale update is refused and names what to do', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  const first = await configMaps.create(map('x'))
  await configMaps.update({ ...first, data: { k: '2' } } as ConfigMap)
  await assert.rejects(
    configMaps.update({ ...first, data: { k: '3' } } as ConfigMap),
    refusal(/^Operation cannot be fulfilled on configmaps "x": the object has been modified; please apply/, 409),
  )
})

test('writing what is there already changes no revision', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  const first = await configMaps.create(map('x'))
  const patched = await configMaps.patch({ namespace: 'a', name: 'x' }, { type: 'merge', body: { data: { k: 'v' } } })
  assert.equal(patched.metadata.resourceVersion, first.metadata.resourceVersion)
})

test('patches that name no revision do not lose each other', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  await configMaps.create(map('x'))
  const at = { namespace: 'a', name: 'x' }
  const keys = Array.from({ length: 20 }, (_, index) => `key${index}`)
  await Promise.all(keys.map((key) => configMaps.patch(at, { type: 'merge', body: { data: { [key]: '1' } } })))
  assert.deepEqual(Object.keys((await configMaps.get(at)).data ?? {}).sort(), ['k', ...keys].sort())
})

test('the pages of a listing show one moment', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  for (const name of ['b', 'd', 'f']) await configMaps.create(map(name))
  const first = await configMaps.list({ namespace: 'a', limit: 2 })
  await configMaps.create(map('e'))
  const second = await configMaps.list({ namespace: 'a', limit: 2, continue: first.metadata.continue as string })
  const names = [first, second].map(({ items }) => items.map(({ metadata }) => metadata.name))
  assert.deepEqual(names, [['b', 'd'], ['f']])
  assert.equal(first.metadata.remainingItemCount, 1)
})

test('a watch tells of objects that enter and leave its selection', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  const stop = new AbortController()
  const events = collect(configMaps, stop, 3)
  await configMaps.create(map('x'))
  const at = { namespace: 'a', name: 'x' }
  await configMaps.patch(at, { type: 'merge', body: { metadata: { labels: { on: 'yes' } } } })
  await configMaps.patch(at, { type: 'merge', body: { data: { k: '2' } } })
  await configMaps.patch(at, { type: 'merge', body: { metadata: { labels: null } } })
  assert.deepEqual(
    (await events).map(({ type }) => type),
    ['ADDED', 'MODIFIED', 'DELETED'],
  )
})

async function collect(client: ResourceClient<ConfigMap>, stop: AbortController, count: number) {
  const events: WatchEvent<ConfigMap>[] = []
  for await (const event of client.watch({ labelSelector: 'on=yes' }, stop.signal)) {
    events.push(event)
    if (events.length === count) break
  }
  return events
}

test('a streamed list ends with a bookmark that says so', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  await configMaps.create(map('x'))
  const query = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' }
  const transport = api.server.transport({ name: 'u', groups: [] })
  const resource = { group: '', version: 'v1', plural: 'configmaps' }
  const types: string[] = []
  const request = { verb: 'watch', resource, query } as const
  for await (const events of transport.watch<ConfigMap>(request, new AbortController().signal)) {
    types.push(...events.map(({ type }) => type))
    const last = events.at(-1)
    if (last?.type !== 'BOOKMARK') continue
    assert.equal(last.object.metadata.annotations?.['k8s.io/initial-events-end'], 'true')
    break
  }
  assert.deepEqual(types, ['ADDED', 'BOOKMARK'])
})

test('an object with a finalizer goes when the finalizer is taken off', async () => {
  await using api = await startTestApi()
  const { configMaps } = api.client()
  const at = { namespace: 'a', name: 'x' }
  await configMaps.create(map('x', { metadata: { finalizers: ['example.com/hold'] } as ConfigMap['metadata'] }))
  await configMaps.delete(at)
  assert.equal((await configMaps.get(at)).metadata.deletionGracePeriodSeconds, 0)
  await configMaps.patch(at, { type: 'merge', body: { metadata: { finalizers: null } } })
  await assert.rejects(configMaps.get(at), refusal('configmaps "x" not found', 404))
})

test('a namespace is terminating until its finalizers are gone', async () => {
  await using api = await startTestApi()
  const { namespaces } = api.client()
  const created = await namespaces.create({
    metadata: { name: 'n' },
    spec: { finalizers: ['kubernetes'] },
  } as New<Namespace>)
  await namespaces.delete({ name: 'n' })
  const dying = await namespaces.get({ name: 'n' })
  assert.equal(dying.status?.phase, 'Terminating')
  await namespaces.updateSubresource({ name: 'n' }, 'finalize', { metadata: { name: created.metadata.name }, spec: {} })
  await assert.rejects(namespaces.get({ name: 'n' }), refusal('namespaces "n" not found', 404))
})

test('an event written under one group is read under the other', async () => {
  await using api = await startTestApi()
  const transport = api.server.transport({ name: 'u', groups: [] })
  const at = (group: string) => ({ resource: { group, version: 'v1', plural: 'events' }, namespace: 'a', name: 'e' })
  const body = { metadata: { name: 'e' }, involvedObject: { kind: 'Pod', name: 'p', namespace: 'a' }, message: 'hello' }
  await transport.call({ ...at(''), verb: 'create', body })
  const seen = await transport.call<{ note: string; apiVersion: string }>({ ...at('events.k8s.io'), verb: 'get' })
  assert.deepEqual([seen.apiVersion, seen.note], ['events.k8s.io/v1', 'hello'])
})
