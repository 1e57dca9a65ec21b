import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextTurn, turnIsLong } from './yielding.ts'

test('a turn is long once it has lasted its slice, whoever asks, and the next begins anew', async () => {
  await nextTurn()
  const first = turnIsLong()
  for (const until = performance.now() + 6; performance.now() < until; );
  assert.deepEqual([first, turnIsLong(), turnIsLong()], [false, true, true])
  await nextTurn()
  await nextTurn()
  assert.equal(turnIsLong(), false)
})
