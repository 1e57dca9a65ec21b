import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease } from '../api/types/coordination.v1.ts'
import { silentLogger } from '../base/log.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { Client, resources } from './clientset.ts'
import { LeaderElection } from './leader-election.ts'
import type { Term } from './term.ts'

const lease = { name: 'kube-controller-manager', namespace: 'kube-system' }

function setup() {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const log: string[] = []
  const events: string[] = []
  const candidate = (identity: string, transport = api) => {
    const stop = new AbortController()
    const client = new Client(transport)
    const tell = (_subject: unknown, _reason: string, message: string) => events.push(message)
    const deps = { client, lease, identity, events: { normal: tell, warning: tell }, clock, log: silentLogger }
    const election = new LeaderElection(deps)
    const lead = async ({ signal }: Term) => {
      log.push(`${identity} leads`)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      log.push(`${identity} stops at ${clock.monotonic() - start}`)
    }
    return { stop: () => stop.abort(), ended: election.run(lead, stop.signal) }
  }
  const start = clock.monotonic()
  const holder = () => api.all<Lease>(resources.leases)[0]?.spec
  return { clock, api, log, events, candidate, holder }
}

test('one candidate leads and goes on renewing; the other takes over as soon as it releases', async () => {
  const { clock, log, events, candidate, holder } = setup()
  const first = candidate('a')
  await settle()
  const second = candidate('b')
  await clock.advance(60_000)
  assert.deepEqual([log, holder()?.holderIdentity, holder()?.leaseTransitions], [['a leads'], 'a', 0])
  first.stop()
  await first.ended
  await clock.advance(0)
  assert.deepEqual([log.at(-1), holder()?.leaseTransitions], ['b leads', 1])
  assert.deepEqual(events, ['a became leader', 'a stopped leading', 'b became leader'])
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

test('a lease that its holder left is taken when it runs out: as long after it was seen as it says itself', async () => {
  const { clock, api, log, candidate } = setup()
  api.put(resources.leases, { metadata: lease, spec: { holderIdentity: 'gone', leaseDurationSeconds: 12 } })
  const next = candidate('b')
  await clock.advance(11_999)
  assert.deepEqual(log, [])
  await clock.advance(1)
  assert.deepEqual(log, ['b leads'])
  next.stop()
  await next.ended
})

test('a leader that dies after a renewal is followed 15 s later, whenever the others had looked', async () => {
  const { clock, api, log, candidate } = setup()
  const put = () => api.put(resources.leases, { metadata: lease, spec: { holderIdentity: 'a', renewTime: 't' } })
  put()
  const next = candidate('b')
  await clock.advance(7_000)
  api.put(resources.leases, { metadata: lease, spec: { holderIdentity: 'a', renewTime: 'later' } })
  await clock.advance(14_999)
  assert.deepEqual(log, [])
  await clock.advance(1)
  assert.deepEqual(log, ['b leads'])
  next.stop()
  await next.ended
})

test('a Lease that somebody deletes is not taken before the term of its holder is over', async () => {
  const { clock, api, log, candidate, holder } = setup()
  const first = candidate('a')
  await settle()
  const second = candidate('b')
  await clock.advance(1_000)
  api.remove(resources.leases, lease)
  await clock.advance(5_000)
  assert.deepEqual([log, holder()?.holderIdentity], [['a leads'], 'a'])
  for (const { stop, ended } of [second, first]) {
    stop()
    await ended
  }
})

test('a leader that finds another in its Lease stops at once', async () => {
  const { clock, api, log, candidate, holder } = setup()
  const first = candidate('a')
  await settle()
  api.put(resources.leases, { metadata: lease, spec: { holderIdentity: 'b', leaseDurationSeconds: 15 } })
  await clock.advance(2_000)
  assert.deepEqual([log, holder()?.holderIdentity], [['a leads', 'a stops at 2000'], 'b'])
  await first.ended
})

test('a candidate whose server fails tries again at the pace of the retry period', async () => {
  const { clock, candidate } = setup()
  const api = new FakeApi({ clock })
  api.react(() => {
    throw new Error('the network is gone')
  })
  const only = candidate('a', api)
  await clock.advance(60_000)
  assert.ok(api.requests.length >= 13 && api.requests.length <= 31, `${api.requests.length} requests`)
  only.stop()
  await only.ended
  assert.equal(clock.pending, 0)
})

const contradictions: [times: object, message: string][] = [
  [{ leaseDurationMs: 10_000 }, 'leaseDuration must be greater than renewDeadline'],
  [{ retryPeriodMs: 9_000 }, 'renewDeadline must be greater than retryPeriod*JitterFactor'],
  [{ retryPeriodMs: 0 }, 'retryPeriod must be greater than zero'],
]
for (const [times, message] of contradictions) {
  test(`times are refused in client-go's words: ${message}`, () => {
    const { api, clock } = setup()
    const deps = { client: new Client(api), lease, identity: 'a', clock, log: silentLogger }
    assert.throws(() => new LeaderElection({ ...deps, ...times }), { name: 'RangeError', message })
  })
}
