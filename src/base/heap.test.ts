import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Heap } from './heap.ts'

test('items come out in order, however they went in and while others go in', () => {
  const heap = new Heap<number>((a, b) => a < b)
  let state = 1
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31)
  const left: number[] = []
  for (let round = 0; round < 500; round++) {
    for (let count = next() % 4; count > 0; count--) {
      const item = next() % 1000
      heap.push(item)
      left.push(item)
    }
    left.sort((a, b) => a - b)
    assert.equal(heap.first, left[0])
    assert.equal(heap.pop(), left.shift())
  }
  while (left.length > 0) assert.equal(heap.pop(), left.shift())
  assert.equal(heap.pop(), undefined)
})

test('a cleared heap is empty', () => {
  const heap = new Heap<number>((a, b) => a < b)
  heap.push(1)
  heap.clear()
  assert.equal(heap.first, undefined)
})
