import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { MemoryStore } from '../../store/memory/memory-store.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { SERVER_LEASES, ServerLeases } from './server-leases.ts'

function setup() {
  const clock = new FakeClock()
  const store = new MemoryStore({ clock })
  const server = (address: string, port = 6443) => {
    const stop = new AbortController()
    const leases = new ServerLeases({ store, address, port, clock, log: silentLogger })
    const running = leases.run(stop.signal)
    const stopped = async (): Promise<void> => {
      stop.abort()
      await running
    }
    return { leases, stopped }
  }
  return { clock, store, server }
}

test('servers know each other, by address, and hear of one that comes and one that stops', async () => {
  const { server, store } = setup()
  const first = server('10.0.0.2')
  await settle()
  let changes = 0
  first.leases.onChange(() => changes++)
  const second = server('10.0.0.1')
  await settle()
  const both = [
    { address: '10.0.0.1', port: 6443 },
    { address: '10.0.0.2', port: 6443 },
  ]
  assert.deepEqual([await first.leases.alive(), await second.leases.alive(), changes], [both, both, 1])
  await second.stopped()
  await settle()
  assert.deepEqual([await first.leases.alive(), changes], [[both[1]], 2])
  await first.stopped()
  assert.deepEqual((await store.list(SERVER_LEASES)).entries, [])
})

test('a server that renews stays; one that died is gone 15 s later', async () => {
  const { clock, store, server } = setup()
  const living = server('10.0.0.1')
  const key = `${SERVER_LEASES}10.0.0.2`
  await settle()
  const [own] = (await store.list(SERVER_LEASES)).entries
  await store.put(key, own!.value, 0, { ttlSeconds: 15 }) // as of a server that dies at once
  await clock.advance(14_000)
  assert.equal((await living.leases.alive()).length, 2)
  await clock.advance(2_000)
  assert.deepEqual(await living.leases.alive(), [{ address: '10.0.0.1', port: 6443 }])
  await living.stopped()
})

test('a server takes over the lease that an earlier process at its address left', async () => {
  const { clock, store, server } = setup()
  const before = server('10.0.0.1', 7443)
  await settle()
  const after = server('10.0.0.1')
  await clock.advance(60_000)
  assert.equal((await store.list(SERVER_LEASES)).entries.length, 1)
  await before.stopped()
  await after.stopped()
})

test('a server whose lease was deleted writes it again', async () => {
  const { clock, store, server } = setup()
  const only = server('10.0.0.1')
  await settle()
  const key = `${SERVER_LEASES}10.0.0.1`
  await store.delete(key, (await store.get(key)).entry!.revision)
  await clock.advance(5_000)
  assert.notEqual((await store.get(key)).entry, undefined)
  await only.stopped()
})
