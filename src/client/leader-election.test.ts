import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease } from '../api/types/coordination.v1.ts'
import { silentLogger } from '../base/log.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { Client, resources } from './clientset.ts'
import { LeaderElection } from './leader-election.ts'

const lease = { name: 'kube-controller-manager', namespace: 'kube-system' }

function setup() {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const log: string[] = []
  const candidate = (identity: string, transport = api) => {
    const stop = new AbortController()
    const election = new LeaderElection({ client: new Client(transport), lease, identity, clock, log: silentLogger })
    const lead = async (signal: AbortSignal) => {
      log.push(`${identity} leads`)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      log.push(`${identity} stops at ${clock.monotonic() - start}`)
    }
    return { stop: () => stop.abort(), ended: election.run(lead, stop.signal) }
  }
  const start = clock.monotonic()
  const holder = () => api.all<Lease>(resources.leases)[0]?.spec
  return { clock, api, log, candidate, holder }
}

test('one candidate leads and goes on renewing; the other takes over when it releases', async () => {
  const { clock, log, candidate, holder } = setup()
  const first = candidate('a')
  await settle()
  const second = candidate('b')
  await clock.advance(60_000)
  assert.deepEqual([log, holder()?.holderIdentity, holder()?.leaseTransitions], [['a leads'], 'a', 0])
  first.stop()
  await first.ended
  await clock.advance(5_000)
  assert.deepEqual([log.at(-1), holder()?.leaseTransitions], ['b leads', 1])
  second.stop()
  await second.ended
})

test('a leader that cannot renew stops after 10 s, before another acquires after 15 s', async () => {
  const { clock, log, candidate } = setup()
  const api = new FakeApi({ clock })
  let broken = false
  api.react(() => {
    if (broken) throw new Error('the network is gone')
  })
  const first = candidate('a', api)
  await settle()
  broken = true
  await clock.advance(20_000)
  assert.deepEqual(log, ['a leads', 'a stops at 10000'])
  first.stop()
  await first.ended
})

test('a lease that its holder left is taken 15 s after it was first seen', async () => {
  const { clock, api, log, candidate } = setup()
  api.put(resources.leases, { metadata: lease, spec: { holderIdentity: 'gone', leaseDurationSeconds: 15 } })
  const next = candidate('b')
  await clock.advance(14_000)
  assert.deepEqual(log, [])
  await clock.advance(6_000)
  assert.deepEqual(log, ['b leads'])
  next.stop()
  await next.ended
})
