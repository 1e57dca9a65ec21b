import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import { LeaseManager } from './lease-manager.ts'

function manager() {
  const clock = new FakeClock()
  const granted: number[] = []
  const leases = new LeaseManager({
    clock,
    grant: async (ttlSeconds) => granted.push(ttlSeconds),
  })
  return { clock, granted, leases }
}

test('keys share a lease that lasts long enough, for a minute', async () => {
  const { clock, granted, leases } = manager()
  assert.equal(await leases.leaseFor(3_600), 1)
  await clock.advance(59_000)
  assert.equal(await leases.leaseFor(3_600), 1)
  await clock.advance(1_000)
  assert.equal(await leases.leaseFor(3_600), 2)
  assert.deepEqual(granted, [3_660, 3_660])
})

test('a lease has at most 1,000 keys, and each duration leases of its own', async () => {
  const { leases } = manager()
  const ids = await Promise.all(Array.from({ length: 1_001 }, () => leases.leaseFor(3_600)))
  assert.deepEqual([...new Set(ids)], [1, 2])
  assert.equal(await leases.leaseFor(15), 3)
})

test('short times to live are not shared: nothing lives longer than asked by more than a twentieth', async () => {
  const { clock, granted, leases } = manager()
  await leases.leaseFor(15)
  await clock.advance(1)
  await leases.leaseFor(15)
  assert.deepEqual(granted, [15, 15])
})

test('a lease that could not be granted, or that etcd forgot, is not used again', async () => {
  const clock = new FakeClock()
  let calls = 0
  const leases = new LeaseManager({
    clock,
    grant: async () => {
      if (++calls === 1) throw new Error('etcd is away')
      return calls
    },
  })
  await assert.rejects(leases.leaseFor(3_600), /away/)
  assert.equal(await leases.leaseFor(3_600), 2)
  leases.forget(3_600)
  assert.equal(await leases.leaseFor(3_600), 3)
})
