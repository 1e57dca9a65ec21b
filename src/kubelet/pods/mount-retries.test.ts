import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import { VolumeMountError } from '../volumes/volume-manager.ts'
import { MountRetries } from './mount-retries.ts'

const missing = new VolumeMountError('v', 'MountVolume.SetUp failed for volume "v" : configmap "c" not found')

/** Fails as often as told, each time as soon as a try is due; answers the waits in ms and what was said. */
async function failing(times: number) {
  const clock = new FakeClock()
  const retries = new MountRetries(clock)
  const waits: number[] = []
  const messages: string[] = []
  for (let count = 0; count < times; count++) {
    const verdict = retries.failed('u1', missing)
    messages.push(...verdict.messages)
    waits.push(verdict.retryAt - clock.now())
    await clock.advance(waits.at(-1) ?? 0)
  }
  return { retries, waits, messages }
}

test('tries to set up volumes come ever later, at most every 122 s', async () => {
  const { waits } = await failing(10)
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 122_000, 122_000])
})

test('after two minutes it is also told that the pod waits for its volumes', async () => {
  const { messages } = await failing(9)
  const late = messages.filter((message) => message !== missing.message)
  assert.deepEqual(late, [
    'Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[]: context deadline exceeded',
  ])
})

test('volumes that were set up start anew', async () => {
  const { retries } = await failing(5)
  retries.forget('u1')
  assert.equal(retries.waitUntil('u1'), undefined)
})
