import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventWindow } from './event-window.ts'
import type { CachedEvent } from './watch-cache.ts'

const event = (revision: number): CachedEvent => ({ type: 'ADDED', current: { size: 1 }, revision }) as CachedEvent

function windowOf(events: number): EventWindow {
  const window = new EventWindow({ maxEvents: 10_000, maxBytes: 10_000 })
  window.reset(0)
  for (let revision = 1; revision <= events; revision++) window.append(event(revision))
  return window
}

test('what was there for two looks at the time goes, but for the newest', () => {
  const window = windowOf(3_000)
  window.age()
  for (let revision = 3_001; revision <= 3_500; revision++) window.append(event(revision))
  assert.deepEqual([window.floor, window.agesOn], [0, true])
  window.age()
  assert.deepEqual([window.floor, window.after(2_500).length, window.agesOn], [2_500, 1_000, false])
})

test('what is fresh stays, however much it is', () => {
  const window = windowOf(1_500)
  window.age()
  for (let revision = 1_501; revision <= 6_000; revision++) window.append(event(revision))
  window.age()
  assert.deepEqual([window.floor, window.after(1_500).length], [1_500, 4_500])
})
