import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import { BackOff, goDuration, goDurationMs } from './back-off.ts'

test('the delay starts at 10 s, doubles with each failure, and ends at 5 min', async () => {
  const clock = new FakeClock()
  const backOff = new BackOff(clock)
  const delays: number[] = []
  for (let failure = 0; failure < 7; failure++) {
    backOff.next('a', clock.now())
    delays.push(backOff.delayMs('a') / 1000)
  }
  assert.deepEqual(delays, [10, 20, 40, 80, 160, 300, 300])
})

test('a container may start at once the first time, and after its delay later', async () => {
  const clock = new FakeClock()
  const backOff = new BackOff(clock)
  const failedAt = clock.now()
  assert.equal(backOff.waitUntil('a', failedAt), undefined)
  backOff.next('a', failedAt)
  assert.equal(backOff.waitUntil('a', failedAt), failedAt + 10_000)
  await clock.advance(10_000)
  assert.equal(backOff.waitUntil('a', failedAt), undefined)
})

test('ten minutes without a failure start the series anew', async () => {
  const clock = new FakeClock()
  const backOff = new BackOff(clock)
  for (let failure = 0; failure < 4; failure++) backOff.next('a', clock.now())
  await clock.advance(601_000)
  backOff.next('a', clock.now())
  assert.equal(backOff.delayMs('a'), 10_000)
})

test('durations are written as Go writes them', () => {
  assert.deepEqual([10_000, 80_000, 300_000, 3_600_000].map(goDuration), ['10s', '1m20s', '5m0s', '1h0m0s'])
  assert.deepEqual([0, 812.4, 1234, 62_500].map(goDurationMs), ['0s', '812ms', '1.234s', '1m2.5s'])
})
