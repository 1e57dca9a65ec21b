import assert from 'node:assert/strict'
import { test } from 'node:test'
import { badRequest } from '../api/status-error.ts'
import type { ConfigMap } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { silentLogger } from '../base/log.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { Client, resources } from './clientset.ts'
import { createInformers } from './informers.ts'

function configMap(name: string, value = '', namespace = 'ns'): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { value } } as unknown as ConfigMap
}

function setup(t: { after(stop: () => void): void }) {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const informers = createInformers(new Client(api), { clock, log: silentLogger })
  const stop = new AbortController()
  t.after(() => stop.abort())
  const told: string[] = []
  const tell = (what: string) => (object: DeepReadonly<ConfigMap>) => told.push(`${what} ${object.metadata.name}`)
  informers.configMaps.on({ added: tell('added'), updated: tell('updated'), deleted: tell('deleted') })
  return { clock, api, informers, told, signal: stop.signal, maps: informers.configMaps }
}

test('an informer shows what is there, then follows changes', async (t) => {
  const { api, informers, told, signal, maps } = setup(t)
  api.put(resources.configMaps, configMap('a'))
  informers.run(signal)
  await informers.whenSynced(signal)
  api.put(resources.configMaps, configMap('b', '', 'other'))
  api.put(resources.configMaps, configMap('a', 'new'))
  api.remove(resources.configMaps, { name: 'b', namespace: 'other' })
  await settle()
  assert.deepEqual(told, ['added a', 'added b', 'updated a', 'deleted b'])
  assert.equal(maps.lister.get({ name: 'a', namespace: 'ns' })?.data?.value, 'new')
  assert.deepEqual(maps.lister.list('other'), [])
})

test('after 410 an informer lists again and tells only differences', async (t) => {
  const { api, informers, told, signal, clock } = setup(t)
  for (const name of ['a', 'b', 'c']) api.put(resources.configMaps, configMap(name))
  informers.run(signal)
  await informers.whenSynced(signal)
  told.length = 0
  api.compact()
  api.remove(resources.configMaps, { name: 'a', namespace: 'ns' })
  api.put(resources.configMaps, configMap('b', 'new'))
  api.compact()
  await clock.advance(60_000)
  assert.deepEqual(told, ['updated b', 'deleted a'])
})

test('a server without WatchList is listed in pages', async (t) => {
  const { api, informers, signal, maps } = setup(t)
  api.react(({ query }) => {
    if (query?.sendInitialEvents) throw badRequest('sendInitialEvents is forbidden')
  })
  api.put(resources.configMaps, configMap('a'))
  informers.run(signal)
  await informers.whenSynced(signal)
  api.put(resources.configMaps, configMap('b'))
  await settle()
  assert.deepEqual(
    maps.lister.list().map(({ metadata }) => metadata.name),
    ['a', 'b'],
  )
})

test('whenAt resolves once the informer has seen that revision', async (t) => {
  const { api, informers, signal, maps } = setup(t)
  informers.run(signal)
  const { metadata } = await new Client(api).configMaps.create(configMap('a'))
  await maps.whenAt(Number(metadata.resourceVersion), signal)
  assert.equal(maps.lister.list().length, 1)
})

test('indexes follow their objects', async (t) => {
  const { api, informers, signal, maps } = setup(t)
  maps.addIndex('value', ({ data }) => (data?.value ? [data.value] : []))
  informers.run(signal)
  await informers.whenSynced(signal)
  api.put(resources.configMaps, configMap('a', 'x'))
  api.put(resources.configMaps, configMap('b', 'x'))
  api.put(resources.configMaps, configMap('a', 'y'))
  await settle()
  const names = (value: string) => maps.lister.by('value', value).map(({ metadata }) => metadata.name)
  assert.deepEqual([names('x'), names('y'), names('z')], [['b'], ['a'], []])
})
