import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { Compactor } from './compactor.ts'
import { MemoryStore } from './memory/memory-store.ts'

async function start(keepRevisions?: number) {
  const rounds: (() => void)[] = []
  const clock: Clock = {
    ...systemClock,
    after: (ms, fire) => {
      assert.equal(ms, 300_000)
      rounds.push(fire)
      return () => {}
    },
  }
  const store = new MemoryStore({ clock })
  const stop = new AbortController()
  const compactor = new Compactor({ store, clock, log: silentLogger, ...(keepRevisions && { keepRevisions }) })
  const running = compactor.run(stop.signal)
  await nextTurn()
  return {
    store,
    rounds,
    write: (n: number) => store.put(`/${n}`, new Uint8Array(1), 0),
    round: async () => {
      rounds.shift()!()
      await nextTurn()
    },
    readable: (revision: number) =>
      store.list('/', { revision }).then(
        () => true,
        () => false,
      ),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await store.close()
    },
  }
}

test('an idle store has no timer', async () => {
  await using world = await start()
  assert.equal(world.rounds.length, 0)
})

test('each round forgets what was before the round before', async () => {
  await using world = await start()
  await world.write(1) // 2
  assert.equal(world.rounds.length, 1)
  await world.round() // marks 2
  await world.write(2) // 3
  await world.write(3) // 4
  await world.round()
  assert.deepEqual([await world.readable(1), await world.readable(2), await world.readable(3)], [false, true, true])
})

test('rounds end when nothing was written since the last', async () => {
  await using world = await start()
  await world.write(1)
  await world.round()
  await world.round()
  assert.equal(world.rounds.length, 0)
  assert.equal(await world.readable(1), false)
  await world.write(2)
  assert.equal(world.rounds.length, 1)
})

test('too many revisions are forgotten before their time', async () => {
  await using world = await start(10)
  for (let n = 0; n < 12; n++) await world.write(n)
  await nextTurn()
  assert.deepEqual([await world.readable(6), await world.readable(8)], [false, true])
})
