import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breath } from './breath.ts'

test('a loop that has lasted 5 ms since it began, or since others ran, lets others run', async () => {
  let now = 0
  const breath = new Breath(() => now)
  /** At which of 100 objects of half a millisecond each it lets others run. */
  const pauses = async () => {
    const at: number[] = []
    for (let object = 1; object <= 100; object++) {
      now += 0.5
      if (!breath.isOver()) continue
      at.push(object)
      await breath.next()
    }
    return at
  }
  assert.deepEqual(await pauses(), [16, 32, 48, 64, 80, 96])
  now += 1_000
  breath.begin()
  assert.equal((await pauses())[0], 12) // looks at the time at every sixteenth object
})

test('a loop that waits for more to do begins anew with it', () => {
  let now = 0
  const breath = new Breath(() => now)
  const asked = Array.from({ length: 100 }, () => {
    now += 1_000
    breath.begin()
    return breath.isOver()
  })
  assert.ok(!asked.includes(true))
})
