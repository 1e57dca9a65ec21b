import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../base/log.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { Client, resources } from './clientset.ts'
import { ServerDirectory } from './server-directory.ts'

test('the servers of the endpoints of kubernetes are told, and what becomes of them', async () => {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const told: (readonly string[])[] = []
  const stop = new AbortController()
  const servers = { use: (urls: readonly string[]) => told.push(urls) }
  const client = new Client(api)
  const running = new ServerDirectory({ client, servers, clock, log: silentLogger }).run(stop.signal)
  await settle()
  const publish = (...addresses: string[]) =>
    api.put(resources.endpointSlices, {
      metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      endpoints: addresses.map((address) => ({ addresses: [address] })),
      ports: [{ name: 'https', port: 6443 }],
    })
  publish('10.0.0.1', 'fd00::1')
  await settle()
  publish('10.0.0.2')
  await settle()
  assert.deepEqual(told, [['https://10.0.0.1:6443', 'https://[fd00::1]:6443'], ['https://10.0.0.2:6443']])
  stop.abort()
  await running
  assert.equal(clock.pending, 0)
})
