import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SortedObjects, type SortedSnapshot } from './sorted-objects.ts'
import { StoredObject } from './stored-object.ts'
import { encodeStored } from './stored-value.ts'

const value = encodeStored({ kind: 'Thing', apiVersion: 'v1', metadata: { name: 'a' } })
const object = (key: string, revision: number) => new StoredObject(key, value, revision)
const contents = (snapshot: SortedSnapshot) =>
  [...snapshot.between('', '~')].map(({ key, revision }) => [key, revision] as const)

test('after any writes the order is that of a sorted map, and snapshots stay as they were', () => {
  const objects = new SortedObjects()
  const model = new Map<string, number>()
  const sorted = () => [...model].sort(([a], [b]) => (a < b ? -1 : 1))
  const kept: { snapshot: SortedSnapshot; expected: (readonly [string, number])[] }[] = []
  let state = 42
  for (let revision = 1; revision <= 20_000; revision++) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    const key = `/${(state >>> 4) % 3_000}`
    if (state % 10 < 4) {
      assert.equal(objects.delete(key)?.revision, model.get(key))
      model.delete(key)
    } else {
      assert.equal(objects.set(object(key, revision))?.revision, model.get(key))
      model.set(key, revision)
    }
    assert.equal(objects.get(key)?.revision, model.get(key))
    if (revision % 997 === 0) kept.push({ snapshot: objects.snapshot(), expected: sorted() })
  }
  for (const { snapshot, expected } of kept) assert.deepEqual(contents(snapshot), expected)
  assert.deepEqual(contents(objects.snapshot()), sorted())
  assert.equal(objects.size, model.size)
})

test('a range is counted without walking it, and begins and ends where it says', () => {
  const objects = new SortedObjects()
  for (let n = 0; n < 1_000; n++) objects.set(object(`/${String(n).padStart(4, '0')}`, n))
  const snapshot = objects.snapshot()
  for (const [from, to] of [
    ['/0100', '/0200'],
    ['', '/0001'],
    ['/0999', '~'],
    ['/0500x', '/0501'],
    ['/b', '/a'],
  ]) {
    assert.equal(snapshot.count(from!, to!), [...snapshot.between(from!, to!)].length, `${from} to ${to}`)
  }
})

test('a map made from a snapshot changes neither the snapshot nor the original', () => {
  const objects = new SortedObjects()
  for (const key of ['/a', '/b', '/c']) objects.set(object(key, 1))
  const snapshot = objects.snapshot()
  const copy = new SortedObjects(snapshot)
  copy.delete('/a')
  copy.set(object('/b', 2))
  assert.deepEqual(contents(copy.snapshot()), [
    ['/b', 2],
    ['/c', 1],
  ])
  assert.deepEqual(contents(snapshot), [
    ['/a', 1],
    ['/b', 1],
    ['/c', 1],
  ])
  assert.equal(objects.get('/b')?.revision, 1)
})
