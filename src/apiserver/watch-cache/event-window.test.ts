import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventWindow } from './event-window.ts'
import { PastBudget } from './past-budget.ts'
import { encodeStored, StoredObject } from './stored-value.ts'
import type { CachedEvent, CachedObject } from './watch-cache.ts'

const KB = 1024
const WIDE = { maxEvents: 1_000, maxBytes: 1_000 * KB }

/** An object of 512 bytes: 1 KiB with what an event costs. */
function object(released: string[] = [], name = 'x'): CachedObject {
  return { name, size: 512, release: () => void released.push(name) } as unknown as CachedObject
}

const added = (revision: number): CachedEvent => ({ type: 'ADDED', current: object(), revision })
const revisions = (window: EventWindow): number[] => window.after(window.floor).map(({ revision }) => revision)

test('a window drops its oldest events beyond its limits', () => {
  const window = new EventWindow({ maxEvents: 3, maxBytes: 1_000 * KB })
  for (let revision = 1; revision <= 5; revision++) window.append(added(revision))
  assert.deepEqual([revisions(window), window.floor], [[3, 4, 5], 2])
})

test('of windows that share a budget the one with the oldest event gives it up', () => {
  const budget = new PastBudget(4 * KB)
  const [quiet, busy] = [new EventWindow(WIDE, budget), new EventWindow(WIDE, budget)]
  quiet.append(added(1))
  busy.append(added(2))
  quiet.append(added(3))
  for (let revision = 4; revision <= 6; revision++) busy.append(added(revision))
  assert.deepEqual([revisions(quiet), revisions(busy), budget.bytes], [[3], [4, 5, 6], 4 * KB])
})

test('a window that begins anew, or ends, gives back what it spent', () => {
  const budget = new PastBudget(4 * KB)
  const window = new EventWindow(WIDE, budget)
  window.append(added(1))
  window.append(added(2))
  window.reset(2)
  assert.equal(budget.bytes, 0)
  window.append(added(3))
  window.close()
  assert.equal(budget.bytes, 0)
})

test('an event larger than the whole budget is dropped, and so is what was there', () => {
  const budget = new PastBudget(KB / 2)
  const window = new EventWindow(WIDE, budget)
  window.append(added(7))
  assert.deepEqual([revisions(window), window.floor, budget.bytes], [[], 7, 0])
})

test('what was replaced or deleted a while ago is kept as bytes alone, what is current stays decoded', () => {
  const released: string[] = []
  const window = new EventWindow({ maxEvents: 5_000, maxBytes: 5_000 * KB }, new PastBudget(5_000 * KB))
  const [first, second] = [object(released, 'first'), object(released, 'second')]
  window.append({ type: 'ADDED', current: first, revision: 1 })
  window.append({ type: 'MODIFIED', previous: first, current: second, revision: 2 })
  for (let revision = 3; revision <= 1_100; revision++) window.append(added(revision))
  assert.deepEqual(released, ['first'])
})

function aging(events: number): EventWindow {
  const window = new EventWindow({ maxEvents: 10_000, maxBytes: 10_000 * KB })
  for (let revision = 1; revision <= events; revision++) window.append(added(revision))
  return window
}

test('what was there for two looks at the time goes, but for the newest', () => {
  const window = aging(3_000)
  window.age()
  for (let revision = 3_001; revision <= 3_500; revision++) window.append(added(revision))
  assert.deepEqual([window.floor, window.agesOn], [0, true])
  window.age()
  assert.deepEqual([window.floor, window.after(2_500).length, window.agesOn], [2_500, 1_000, false])
})

test('what is fresh stays, however much it is', () => {
  const window = aging(1_500)
  window.age()
  for (let revision = 1_501; revision <= 6_000; revision++) window.append(added(revision))
  window.age()
  assert.deepEqual([window.floor, window.after(1_500).length], [1_500, 4_500])
})

test('an event counts with what was there before, and gives back what it took', () => {
  const budget = new PastBudget(100 * KB)
  const window = new EventWindow({ maxEvents: 2, maxBytes: 1_000 * KB }, budget)
  const objects = [1, 2, 3, 4].map((revision) => {
    const metadata = { name: 'x', uid: 'u' }
    return new StoredObject('/registry/things/x', encodeStored({ kind: 'Thing', apiVersion: 'v1', metadata }), revision)
  })
  objects.forEach((current, index) => {
    const previous = objects[index - 1]
    window.append({ type: 'MODIFIED', current, ...(previous && { previous }), revision: index + 1 })
    current.json() // has the revision in it, and is longer, from here on
  })
  const { size } = objects[0] as StoredObject
  assert.equal(budget.bytes, 2 * (2 * size + 512))
  window.reset(4)
  assert.equal(budget.bytes, 0)
})
