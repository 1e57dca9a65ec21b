import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiObject } from '../../api/resource.ts'
import { RecentSources } from './recent-sources.ts'
import { encodeStored, StoredObject } from './stored-value.ts'

function written(sources: RecentSources, name: string, padding = ''): { source: ApiObject; stored: StoredObject } {
  const source = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name }, data: { padding } } as ApiObject
  const value = encodeStored(source)
  sources.give(value, source)
  const taken = sources.take(value)
  const stored = new StoredObject(`/registry/configmaps/a/${name}`, value, 7, undefined, taken)
  if (taken) sources.add(stored)
  return { source, stored }
}

test('an object that was just written is what it was made of, with its revision, frozen, and without what is undefined', () => {
  const sources = new RecentSources()
  const source = {
    kind: 'Thing',
    apiVersion: 'v1',
    metadata: { uid: 'u', labels: { a: undefined, b: 'c' }, name: 'x' },
    spec: { items: [{ ports: [{ port: 1, name: undefined }] }] },
  }
  const value = encodeStored(source as unknown as ApiObject)
  sources.give(value, source as unknown as ApiObject)
  const object = new StoredObject('/registry/things/x', value, 7, undefined, sources.take(value)).object()
  assert.deepEqual(object, new StoredObject('/registry/things/x', value, 7).object())
  assert.equal(JSON.stringify(object), JSON.stringify(new StoredObject('/registry/things/x', value, 7).object()))
  assert.equal(object, source)
  const { items } = (object as unknown as typeof source).spec
  const within = [object.metadata.labels, items, items[0], items[0]?.ports, items[0]?.ports[0]]
  assert.deepEqual(within.map(Object.isFrozen), [true, true, true, true, true])
})

test('a source is given once, and not kept for large objects', () => {
  const sources = new RecentSources()
  const { source, stored } = written(sources, 'a')
  assert.equal(stored.object(), source)
  const large = written(sources, 'b', 'x'.repeat(20_000))
  assert.notEqual(large.stored.object(), large.source)
  assert.deepEqual(large.stored.object().metadata.name, 'b')
})

test('when many others have been written, an object that nobody asked for is decoded from its bytes', () => {
  const sources = new RecentSources()
  const { source, stored } = written(sources, 'first')
  for (let count = 0; count < 64; count++) written(sources, `x-${count}`)
  assert.notEqual(stored.object(), source)
  assert.equal(stored.object().metadata.name, 'first')
})
