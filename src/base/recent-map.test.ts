import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentMap } from './recent-map.ts'

test('what was used last stays, and to peek is no use', () => {
  const map = new RecentMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  assert.equal(map.get('a'), 1)
  assert.equal(map.peek('b'), 2)
  map.set('c', 3)
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => map.peek(key)),
    [1, undefined, 3],
  )
})
