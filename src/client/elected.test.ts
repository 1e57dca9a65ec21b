import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Component } from '../base/component.ts'
import { silentLogger } from '../base/log.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { Client } from './clientset.ts'
import { Elected } from './elected.ts'
import { LeaderElection } from './leader-election.ts'

const lease = { name: 'kube-scheduler', namespace: 'kube-system' }

function setup(run: Component['run']) {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const client = new Client(api)
  const election = new LeaderElection({ client, lease, identity: 'a', clock, log: silentLogger })
  let made = 0
  const parts = async () => [{ name: `part ${++made}`, run }]
  const stop = new AbortController()
  const elected = new Elected({ name: 'scheduler', election, parts })
  const running = elected.run(stop.signal)
  return { clock, api, elected, running, stop: () => stop.abort(), made: () => made }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

test('a process that lost its lease makes its parts anew when it is elected again', async () => {
  const { clock, api, elected, running, stop, made } = setup(untilAborted)
  let broken = false
  api.react(() => {
    if (broken) throw new Error('the network is gone')
  })
  await settle()
  assert.deepEqual([made(), elected.isLeading], [1, true])
  broken = true
  await clock.advance(10_000)
  assert.equal(elected.isLeading, false)
  broken = false
  await clock.advance(5_000)
  assert.deepEqual([made(), elected.isLeading], [2, true])
  stop()
  await running
})

test('a part that fails while it leads ends the process', async () => {
  const { running } = setup(() => Promise.reject(new Error('no more memory')))
  await assert.rejects(running, /part 1 failed: no more memory/)
})
