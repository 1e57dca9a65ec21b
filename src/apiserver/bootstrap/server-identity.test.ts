import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease } from '../../api/types/coordination.v1.ts'
import { silentLogger } from '../../base/log.ts'
import { Client, resources } from '../../client/clientset.ts'
import { FakeApi } from '../../testing/fake-api.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { leaseName, ServerIdentity } from './server-identity.ts'

function setup() {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const server = (hostname: string) => {
    const stop = new AbortController()
    const deps = { client: new Client(api), hostname, renewMs: 10_000, clock, log: silentLogger }
    const running = new ServerIdentity(deps).run(stop.signal)
    const stopped = async (): Promise<void> => {
      stop.abort()
      await running
    }
    return { stopped }
  }
  return { clock, api, server, leases: () => api.all<Lease>(resources.leases) }
}

test('the lease’s name is upstream’s for the host', () => {
  assert.equal(leaseName('node-master-0'), 'apiserver-z66ltv5c6o25s4dy42yfnvcxri')
})

test('a server publishes its identity and renews it', async () => {
  const { clock, server, leases } = setup()
  const one = server('one')
  await settle()
  const [lease] = leases()
  assert.equal(lease?.metadata.name, leaseName('one'))
  assert.deepEqual(lease?.metadata.labels, {
    'apiserver.kubernetes.io/identity': 'kube-apiserver',
    'kubernetes.io/hostname': 'one',
  })
  assert.equal(lease?.spec.leaseDurationSeconds, 3600)
  assert.ok(lease?.spec.holderIdentity?.startsWith(`${leaseName('one')}_`))
  await clock.advance(20_000)
  assert.notEqual(leases()[0]?.spec.renewTime, lease?.spec.renewTime)
  await one.stopped()
  assert.equal(clock.pending, 0)
})

test('a server that starts again takes its lease over; that of one which does not is removed after an hour', async () => {
  const { clock, server, leases } = setup()
  for (const hostname of ['one', 'two']) {
    const first = server(hostname)
    await settle()
    await first.stopped()
  }
  const holders = leases().map(({ spec }) => spec.holderIdentity)
  const again = server('one')
  await clock.advance(7_200_000)
  const [left] = leases()
  assert.equal(leases().length, 1)
  assert.equal(left?.metadata.name, leaseName('one'))
  assert.ok(!holders.includes(left?.spec.holderIdentity))
  await again.stopped()
})
