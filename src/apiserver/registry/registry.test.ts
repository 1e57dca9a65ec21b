import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customResourceDefinitions } from '../../api/kinds/apiextensions/custom-resource-definition.ts'
import type { ResourceDefinition } from '../../api/resource.ts'
import { MemoryStore } from '../../store/memory/memory-store.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { WatchCaches } from '../watch-cache/watch-caches.ts'
import { Registry, type RegistryChange } from './registry.ts'
import { ServedResource } from './served-resource.ts'

function registry(): Registry {
  const clock = new FakeClock()
  const store = new MemoryStore({ clock })
  const caches = new WatchCaches({ store, clock, log: { debug() {}, info() {}, warn() {}, error() {} } as never })
  const cacheOf = caches.cacheOf.bind(caches)
  return new Registry({
    definitions: [customResourceDefinitions as unknown as ResourceDefinition],
    store,
    clock,
    cacheOf,
  })
}

function custom(version: string, plural = 'widgets'): ServedResource {
  const base = customResourceDefinitions as unknown as ResourceDefinition
  return new ServedResource({ ...base, group: 'example.com', version, plural, kind: 'Widget' })
}

test('a kind is found from when it is installed until it is removed', () => {
  const served = registry()
  const widgets = custom('v1')
  served.install('widgets.example.com', [widgets])
  assert.equal(served.find('example.com', 'v1', 'widgets'), widgets)
  assert.equal(served.hasBuiltInGroup('example.com'), false)
  served.remove('widgets.example.com')
  assert.equal(served.find('example.com', 'v1', 'widgets'), undefined)
})

test('a kind that is installed again is served as it is given last', () => {
  const served = registry()
  served.install('widgets.example.com', [custom('v1'), custom('v2')])
  const last = custom('v2')
  served.install('widgets.example.com', [last])
  assert.equal(served.find('example.com', 'v1', 'widgets'), undefined)
  assert.equal(served.find('example.com', 'v2', 'widgets'), last)
  assert.deepEqual(served.groupVersions(), ['apiextensions.k8s.io/v1', 'example.com/v2'])
})

test('the lists of resources and definitions are new ones exactly when something has changed', () => {
  const served = registry()
  const { resources, definitions } = served
  assert.equal(served.resources, resources)
  assert.equal(served.definitions, definitions)
  served.install('widgets.example.com', [custom('v1')])
  assert.notEqual(served.resources, resources)
  assert.equal(served.definitions.length, definitions.length + 1)
})

test('listeners hear what was taken away and what came', () => {
  const served = registry()
  const changes: RegistryChange[] = []
  const stop = served.onChange((change) => changes.push(change))
  const [first, second] = [custom('v1'), custom('v1')]
  served.install('widgets.example.com', [first])
  served.install('widgets.example.com', [second])
  served.remove('widgets.example.com')
  served.remove('never.example.com')
  stop()
  served.install('widgets.example.com', [first])
  assert.deepEqual(changes, [
    { name: 'widgets.example.com', removed: [], added: [first] },
    { name: 'widgets.example.com', removed: [first], added: [second] },
    { name: 'widgets.example.com', removed: [second], added: [] },
  ])
})

test('no kind takes the path of another', () => {
  const served = registry()
  served.install('widgets.example.com', [custom('v1')])
  assert.throws(() => served.install('other', [custom('v1')]), /example.com\/v1\/widgets is served already/)
})
