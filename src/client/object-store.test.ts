import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap } from '../api/types/core.v1.ts'
import { type DeepReadonly, deepFreeze } from '../base/deep-readonly.ts'
import { ObjectStore } from './object-store.ts'

type Map = DeepReadonly<ConfigMap>

function map(name: string, facts: { namespace?: string; value?: string; owner?: string } = {}): Map {
  const { namespace, value = '', owner } = facts
  const ownerReferences = owner ? [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: owner }] : undefined
  const metadata = { name, ...(namespace && { namespace }), ...(ownerReferences && { ownerReferences }) }
  return deepFreeze({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } } as unknown as ConfigMap)
}

function store(...maps: readonly Map[]): ObjectStore<ConfigMap> {
  const objects = new ObjectStore<ConfigMap>()
  objects.addIndex('value', ({ data }) => (data?.value ? [data.value] : []))
  for (const object of maps) objects.put(object)
  return objects
}

const names = (objects: readonly Map[]): string[] => objects.map(({ metadata }) => metadata.name).sort()

test('objects are found by name and namespace', () => {
  const [a, b, c] = [map('a', { namespace: 'x' }), map('a', { namespace: 'y' }), map('a')]
  const objects = store(a, b, c)
  assert.deepEqual(
    [{ name: 'a', namespace: 'x' }, { name: 'a', namespace: 'y' }, { name: 'a' }].map((name) => objects.get(name)),
    [a, b, c],
  )
  assert.equal(objects.list().length, 3)
  assert.deepEqual([objects.list('x'), objects.list('z'), objects.list('')], [[a], [], []])
})

test('lists are the same until the next change', () => {
  const objects = store(map('a', { namespace: 'x', value: 'v', owner: 'o' }))
  const lists = () => [objects.list(), objects.list('x'), objects.by('value', 'v'), objects.ownedBy('o')]
  const before = lists()
  assert.ok(lists().every((list, index) => list === before[index]))
  objects.put(map('b', { namespace: 'x', value: 'v', owner: 'o' }))
  assert.deepEqual(lists().map(names), [
    ['a', 'b'],
    ['a', 'b'],
    ['a', 'b'],
    ['a', 'b'],
  ])
  assert.deepEqual(before.map(names), [['a'], ['a'], ['a'], ['a']])
})

test('what is put again is found as before, what has changed under its new values', () => {
  const a = map('a', { namespace: 'x', value: 'v', owner: 'o' })
  const objects = store(a)
  assert.equal(objects.put(a), a)
  assert.deepEqual([objects.by('value', 'v'), objects.ownedBy('o')], [[a], [a]])
  objects.put(map('a', { namespace: 'x', value: 'w' }))
  assert.deepEqual(
    ['v', 'w'].map((value) => names(objects.by('value', value))),
    [[], ['a']],
  )
  assert.deepEqual(objects.ownedBy('o'), [])
})

test('what is taken out is found nowhere', () => {
  const a = map('a', { namespace: 'x', value: 'v', owner: 'o' })
  const objects = store(a)
  assert.equal(objects.delete({ name: 'b', namespace: 'x' }), undefined)
  assert.equal(objects.delete(a.metadata), a)
  assert.equal(objects.delete(a.metadata), undefined)
  assert.deepEqual(
    [objects.list(), objects.list('x'), objects.by('value', 'v'), objects.ownedBy('o')],
    [[], [], [], []],
  )
})

test('an index that is added late knows what is there', () => {
  const objects = store(map('a', { value: 'v' }))
  objects.addIndex('length', ({ data }) => [String(data?.value?.length)])
  assert.deepEqual(names(objects.by('length', '1')), ['a'])
})
