import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import { RunCutter } from './runs-of.ts'

const objects = (count: number, size: number): CachedObject[] =>
  Array.from({ length: count }, (_, index) => ({ revision: index + 1, size }) as CachedObject)

const size = { objects: 128, maxBytes: 256 * 1024 }
const lengths = (cutter: RunCutter, items: readonly CachedObject[]): number[] =>
  [...cutter.runsOf(items)].map((run) => run.length)

test('runs are bounded by count and bytes', () => {
  const cutter = new RunCutter(size)
  const same = objects(2_000, 100).map((object) => ({ ...object, revision: 1 }))
  assert.deepEqual(lengths(cutter, same), [513, 513, 513, 461])
  assert.deepEqual(lengths(cutter, objects(7, 100_000)), [3, 3, 1])
  assert.deepEqual(lengths(cutter, []), [])
})

test('where a run ends depends on the object that ends it, not on its place', () => {
  const cutter = new RunCutter(size)
  assert.deepEqual(lengths(cutter, objects(300, 100)), [128, 128, 44])
  assert.deepEqual(lengths(cutter, objects(300, 100).toSpliced(10, 1)), [127, 128, 44])
})

test('a list of few bytes is one run, of no more than that', () => {
  const cutter = new RunCutter({ ...size, wholeBytes: 30_000 })
  const whole = objects(300, 100)
  assert.deepEqual([...cutter.runsOf(whole)], [whole])
  assert.deepEqual(lengths(cutter, objects(301, 100)), [128, 128, 45])
  assert.deepEqual(lengths(cutter, []), [])
})

test('the runs of a list are the same each time', () => {
  const cutter = new RunCutter(size)
  const items = objects(300, 100)
  assert.equal(cutter.runsOf(items), cutter.runsOf(items))
})
