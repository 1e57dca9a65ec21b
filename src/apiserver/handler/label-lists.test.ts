import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap } from '../../api/types/core.v1.ts'
import type { New } from '../../client/client.ts'
import { type HttpsApi, Protocol, startHttpsApi } from '../../testing/https-api.ts'

const OBJECTS = 300

/** In two namespaces; every third has the label `app: web`. */
async function filled(api: HttpsApi): Promise<void> {
  const { configMaps } = api.client()
  for (let n = 0; n < OBJECTS; n++) {
    const labels = { app: n % 3 === 0 ? 'web' : 'db', half: n < OBJECTS / 2 ? 'first' : 'second' }
    const name = `m${String(n).padStart(3, '0')}`
    await configMaps.create({ metadata: { name, namespace: n % 2 === 0 ? 'a' : 'b', labels } } as New<ConfigMap>)
  }
}

async function list(api: HttpsApi, where: string, query: string) {
  const path = `/api/v1/${where}configmaps?labelSelector=${encodeURIComponent('app=web')}${query}`
  const { text } = await api.send(Protocol.Http1, { path })
  const { items, metadata } = JSON.parse(text) as { items: ConfigMap[]; metadata: Record<string, unknown> }
  return { names: items.map(({ metadata: { name } }) => name), metadata }
}

const names = (step: number) =>
  Array.from({ length: OBJECTS / step }, (_, index) => `m${String(index * step).padStart(3, '0')}`)

test('a list by label is the same whether all objects are looked at or an index has them', async () => {
  await using api = await startHttpsApi()
  await filled(api)
  const everywhere = [...names(6), ...names(3).filter((name) => !names(6).includes(name))] // by namespace, then by name
  for (let asked = 0; asked < 5; asked++) {
    assert.deepEqual((await list(api, '', '')).names, everywhere)
    assert.deepEqual((await list(api, 'namespaces/a/', '')).names, names(6))
  }
})

test('a list by label comes in pages also when an index has the objects', async () => {
  await using api = await startHttpsApi()
  await filled(api)
  for (let asked = 0; asked < 5; asked++) await list(api, '', '')
  const first = await list(api, 'namespaces/a/', '&limit=20')
  const second = await list(api, 'namespaces/a/', `&limit=40&continue=${first.metadata.continue}`)
  assert.deepEqual([...first.names, ...second.names], names(6))
  assert.deepEqual([first.metadata.remainingItemCount, second.metadata.continue], [undefined, undefined])
})
