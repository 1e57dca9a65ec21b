import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../../testing/fake-clock.ts'
import { Allowance } from './allowance.ts'

/** How often it may be done now, of `tries`. */
function taken(allowance: Allowance, tries: number): number {
  return Array.from({ length: tries }, () => allowance.take()).filter(Boolean).length
}

test('so many are allowed at once, then so many a second, and never more at once than in the beginning', async () => {
  const clock = new FakeClock()
  const allowance = new Allowance(clock, 10, 4)
  const seen = [taken(allowance, 20)]
  for (const ms of [249, 1, 1_000, 100, 150, 60_000]) {
    await clock.advance(ms)
    seen.push(taken(allowance, 20))
  }
  assert.deepEqual(seen, [10, 0, 1, 4, 0, 1, 10])
})

test('what was not taken for a while is not lost', async () => {
  const clock = new FakeClock()
  const allowance = new Allowance(clock, 10, 4)
  const first = taken(allowance, 8)
  await clock.advance(1_000)
  assert.deepEqual([first, taken(allowance, 20)], [8, 2 + 4])
})

test('tries that were refused cost nothing', async () => {
  const clock = new FakeClock()
  const allowance = new Allowance(clock, 1, 2)
  taken(allowance, 1_000)
  for (let ms = 0; ms < 500; ms += 125) {
    assert.equal(allowance.take(), false)
    await clock.advance(125)
  }
  assert.equal(allowance.take(), true)
})
