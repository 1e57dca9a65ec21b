import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoopDelay } from './loop-delay.ts'

test('the first question begins the measurement, and delays are never negative', async () => {
  const delay = new LoopDelay()
  assert.deepEqual(delay.take(), [
    [0.5, 0],
    [0.99, 0],
    [0.999, 0],
  ])
  await new Promise(setImmediate)
  assert.ok(delay.take().every(([, seconds]) => seconds >= 0))
})
