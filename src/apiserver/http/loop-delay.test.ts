import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { LoopDelay } from './loop-delay.ts'

const NOTHING = {
  quantiles: [
    [0.5, 0],
    [0.99, 0],
    [0.999, 0],
  ],
  longestCollection: 0,
}

function hold(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('the first question begins the measurement; what held the loop up is in the highest quantile of the next', async () => {
  const delays = new LoopDelay()
  assert.deepEqual(delays.take(), NOTHING)
  await delay(30)
  hold(80)
  await delay(30)
  const { quantiles } = delays.take()
  assert.ok(quantiles[2]![1] >= 0.05, `${quantiles}`)
  assert.ok(quantiles.every(([, seconds]) => seconds >= 0))
})

test('major collections are told apart', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const kept = Array.from({ length: 400_000 }, (_, index) => ({ index }))
  const delays = new LoopDelay()
  delays.take()
  await delay(30)
  collect()
  await delay(60)
  const { longestCollection } = delays.take()
  assert.ok(longestCollection > 0 && kept.length > 0)
})
