import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { IdleCollection } from './idle-collection.ts'

const MEGABYTE = 1024 * 1024

/** Memory and time as the test says; `pass` lets the timer fire that waits. */
function world() {
  const state = {
    used: 100 * MEGABYTE,
    emptied: 0,
    outside: 0,
    live: 50 * MEGABYTE,
    busy: 0,
    collections: 0,
    releases: 0,
  }
  const timers: (() => void)[] = []
  const waits: number[] = []
  let changed = () => {}
  const collection = new IdleCollection({
    clock: {
      after: (ms, fire) => {
        timers.push(fire)
        waits.push(ms / 1_000)
        return () => void timers.splice(timers.indexOf(fire), 1)
      },
    },
    memory: {
      held: () => state.used + state.emptied + state.outside,
      heap: () => state.used,
      busy: () => state.busy,
      async collect() {
        state.collections++
        state.used = state.live
        changed()
      },
      async release() {
        state.releases++
        state.used = state.live
        state.emptied = 0
        changed()
      },
      watch(call) {
        changed = call
        return () => {
          changed = () => {}
        }
      },
    },
  })
  const stop = new AbortController()
  const running = collection.run(stop.signal)
  const pass = async () => {
    timers.shift()?.()
    await nextTurn()
  }
  return {
    state,
    timers,
    waits,
    pass,
    work: () => changed(),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      assert.deepEqual(timers, [])
    },
  }
}

test('what work left behind is collected when it is over and given back, and then nothing runs', async () => {
  await using idle = world()
  idle.work()
  await idle.pass()
  await idle.pass()
  await idle.pass() // the collections were signs of life too
  assert.deepEqual([idle.state.collections, idle.state.releases, idle.timers.length], [1, 1, 0])
})

test('nothing is collected while there is work', async () => {
  await using busy = world()
  busy.state.busy = 0.5
  busy.work()
  await busy.pass()
  await busy.pass()
  assert.deepEqual([busy.state.collections, busy.timers.length], [0, 1])
  busy.state.busy = 0
  await busy.pass()
  assert.equal(busy.state.collections, 1)
})

test('a little is not worth it', async () => {
  await using idle = world()
  idle.work()
  for (let times = 0; times < 3; times++) await idle.pass()
  idle.state.used += 31 * MEGABYTE
  idle.work()
  await idle.pass()
  assert.deepEqual([idle.state.collections, idle.timers.length], [1, 0])
  idle.state.used += MEGABYTE
  idle.work()
  await idle.pass()
  await idle.pass()
  assert.equal(idle.state.collections, 2)
})

for (const { garbage, seconds } of [
  { garbage: 32, seconds: [5, 5] },
  { garbage: 63, seconds: [5, 5] },
  { garbage: 64, seconds: [5] },
]) {
  test(`${garbage} MB are collected after ${seconds.join(' and ')} seconds`, async () => {
    await using idle = world()
    idle.work()
    for (let times = 0; times < 3; times++) await idle.pass()
    idle.waits.length = 0
    idle.state.used = idle.state.live + garbage * MEGABYTE
    idle.work()
    for (const _ of seconds) await idle.pass()
    assert.deepEqual([idle.state.collections, idle.waits.slice(0, seconds.length)], [2, seconds])
  })
}

test('where much is in use, memory is not given back: that would hold the thread for too long', async () => {
  await using idle = world()
  idle.state.used = 500 * MEGABYTE
  idle.state.live = 400 * MEGABYTE
  idle.work()
  for (let times = 0; times < 3; times++) await idle.pass()
  assert.deepEqual([idle.state.collections, idle.state.releases], [2, 0])
})

test('what lies outside of the heap is no reason to keep memory: no collection looks at it', async () => {
  await using idle = world()
  idle.state.outside = 400 * MEGABYTE
  idle.work()
  await idle.pass()
  await idle.pass()
  assert.deepEqual([idle.state.collections, idle.state.releases], [1, 1])
})

test('pages that V8 has emptied by itself are given back, too', async () => {
  await using idle = world()
  idle.work()
  for (let times = 0; times < 3; times++) await idle.pass()
  idle.state.emptied = 64 * MEGABYTE
  idle.work()
  await idle.pass()
  await idle.pass()
  assert.deepEqual([idle.state.collections, idle.state.releases, idle.state.emptied], [2, 2, 0])
})

test('the release follows a second after the collection', async () => {
  await using idle = world()
  idle.work()
  await idle.pass()
  assert.deepEqual([idle.waits.at(-1), idle.timers.length], [1, 1])
})

test('work between a collection and its release makes garbage: both are due again when it is over', async () => {
  await using idle = world()
  idle.work()
  await idle.pass()
  idle.state.busy = 0.5
  idle.state.used = 300 * MEGABYTE
  await idle.pass()
  idle.state.busy = 0
  await idle.pass()
  await idle.pass()
  assert.deepEqual([idle.state.collections, idle.state.releases], [2, 1])
})

test('a moment of work between the two delays the release alone', async () => {
  await using idle = world()
  idle.work()
  await idle.pass()
  idle.state.busy = 0.5
  await idle.pass()
  idle.state.busy = 0
  await idle.pass()
  assert.deepEqual([idle.state.collections, idle.state.releases], [1, 1])
})

test('a collection that ends after the stop leaves no timer behind', async () => {
  const idle = world()
  idle.work()
  const looking = idle.pass()
  await idle[Symbol.asyncDispose]()
  await looking
  assert.deepEqual(idle.timers, [])
})

test('many signs of life make one look, and none is left when it stops', async () => {
  await using idle = world()
  idle.work()
  idle.work()
  assert.equal(idle.timers.length, 1)
})
