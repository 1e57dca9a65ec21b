import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { ChangeLoop } from './change-loop.ts'

function setup() {
  const clock = new FakeClock()
  const loop = new ChangeLoop()
  const stop = new AbortController()
  const state = { works: true, times: [] as number[] }
  const start = clock.monotonic()
  const bring = async () => {
    state.times.push((clock.monotonic() - start) / 1000)
    if (!state.works) throw new Error('not now')
  }
  const running = loop.run({ bring, clock, log: silentLogger }, stop.signal)
  const stopped = async (): Promise<void> => {
    stop.abort()
    await running
  }
  return { clock, loop, state, stopped }
}

test('it is idle until something changes', async () => {
  const { clock, loop, state, stopped } = setup()
  await clock.advance(3_600_000)
  loop.changed()
  await settle()
  assert.deepEqual([state.times, clock.pending], [[0, 3600], 0])
  await stopped()
})

test('what fails is tried ever more rarely, and from the start again after a success', async () => {
  const { clock, loop, state, stopped } = setup()
  await settle()
  state.works = false
  loop.changed()
  await clock.advance(100_000)
  assert.deepEqual(state.times, [0, 0, 1, 3, 7, 15, 31, 61, 91])
  state.works = true
  await clock.advance(30_000)
  state.works = false
  loop.changed()
  await clock.advance(1_000)
  assert.deepEqual(state.times.slice(9), [121, 130, 131])
  await stopped()
  assert.equal(clock.pending, 0)
})
