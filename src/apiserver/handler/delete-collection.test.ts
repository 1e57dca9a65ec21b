import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, ConfigMapList } from '../../api/types/core.v1.ts'
import type { New } from '../../client/client.ts'
import { type HttpsApi, Protocol, startHttpsApi } from '../../testing/https-api.ts'

const maps = '/api/v1/namespaces/a/configmaps'

/** `count` objects, every second of them labelled, the first one held by a finalizer. */
async function fill({ client }: HttpsApi, count: number): Promise<void> {
  const { configMaps } = client()
  for (let index = 0; index < count; index++) {
    const labels = index % 2 === 0 ? { even: 'yes' } : {}
    const finalizers = index === 0 ? { finalizers: ['example.com/hold'] } : {}
    await configMaps.create({
      metadata: { name: `m${index}`, namespace: 'a', labels, ...finalizers },
    } as New<ConfigMap>)
  }
}

async function send(api: HttpsApi, method: string, query = ''): Promise<ConfigMapList> {
  const { status, text } = await api.send(Protocol.Http1, { method, path: maps + query })
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

const names = ({ items }: ConfigMapList): unknown[] => items.map(({ metadata }) => metadata?.name)
const left = async (api: HttpsApi) => names(await send(api, 'GET'))

test('a collection is deleted but for what finalizers hold, and the answer is what there was', async () => {
  await using api = await startHttpsApi()
  await fill(api, 5)
  const before = await send(api, 'GET')
  const answer = await send(api, 'DELETE')
  assert.deepEqual(answer, before)
  const after = await send(api, 'GET')
  assert.deepEqual([names(after), after.items[0]?.metadata?.deletionTimestamp !== undefined], [['m0'], true])
})

test('more objects than are deleted at once all go', async () => {
  await using api = await startHttpsApi()
  await fill(api, 600)
  await send(api, 'DELETE')
  assert.deepEqual(await left(api), ['m0'])
})

test('a selector spares the others', async () => {
  await using api = await startHttpsApi()
  await fill(api, 5)
  assert.deepEqual(names(await send(api, 'DELETE', '?labelSelector=even')), ['m0', 'm2', 'm4'])
  assert.deepEqual(await left(api), ['m0', 'm1', 'm3'])
})

test('with a limit one page is deleted, and the answer says where the next begins', async () => {
  await using api = await startHttpsApi()
  await fill(api, 5)
  const first = await send(api, 'DELETE', '?limit=2')
  assert.deepEqual([names(first), first.metadata?.remainingItemCount], [['m0', 'm1'], 3])
  const second = await send(api, 'DELETE', `?limit=2&continue=${first.metadata?.continue}`)
  assert.deepEqual(
    [names(second), await left(api)],
    [
      ['m2', 'm3'],
      ['m0', 'm4'],
    ],
  )
})

test('a trial deletes nothing', async () => {
  await using api = await startHttpsApi()
  await fill(api, 3)
  assert.deepEqual(names(await send(api, 'DELETE', '?dryRun=All')), ['m0', 'm1', 'm2'])
  assert.deepEqual(await left(api), ['m0', 'm1', 'm2'])
})
