import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailedPodBackoff } from './failed-pod-backoff.ts'

/** Lets `times` failed pods go, each as soon as it may; returns how long each had to stay after the one before. */
function waits(backoff: FailedPodBackoff, key: string, times: number): number[] {
  let now = 0
  return Array.from({ length: times }, () => {
    const wait = backoff.remainingMs(key, now)
    now += wait
    if (wait > 0) assert.equal(backoff.remainingMs(key, now), 0)
    return wait
  })
}

test('the first failed pod goes at once, each further one stays twice as long, at most 15 minutes', () => {
  const minutes = (count: number): number => count * 60_000
  assert.deepEqual(waits(new FailedPodBackoff(), 'uid/1/n', 12), [
    0,
    1000,
    2000,
    4000,
    8000,
    16_000,
    32_000,
    64_000,
    128_000,
    256_000,
    512_000,
    minutes(15),
  ])
})

test('nodes wait by themselves', () => {
  const backoff = new FailedPodBackoff()
  assert.deepEqual(
    ['uid/1/a', 'uid/1/b', 'uid/1/a'].map((key) => backoff.remainingMs(key, 0)),
    [0, 0, 1000],
  )
})

test('failures are forgotten after half an hour without any, and with their set', () => {
  const backoff = new FailedPodBackoff()
  waits(backoff, 'uid/1/n', 5)
  const later = backoff.remainingMs('uid/1/n', 3_600_000)
  const soon = backoff.remainingMs('uid/1/n', 3_600_500)
  backoff.forget('uid')
  assert.deepEqual([later, soon, backoff.remainingMs('uid/1/n', 3_600_500)], [0, 500, 0])
})
