import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { createInformers } from '../../client/informers.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { ControllerLoop } from '../controller-loop.ts'
import { daemonSetController } from './daemonset.ts'

async function setup(t: { after(stop: () => void): void }) {
  const api = await startTestApi()
  const clock = new FakeClock(Date.now())
  const client = api.client()
  const informers = createInformers(client, { clock, log: silentLogger })
  const loop = new ControllerLoop(daemonSetController(), {
    informers,
    clientFor: () => client,
    clock,
    log: silentLogger,
  })
  const stop = new AbortController()
  const ended = Promise.allSettled([informers.run(stop.signal), loop.run(stop.signal)])
  t.after(async () => {
    stop.abort()
    await ended
    await api[Symbol.asyncDispose]()
  })
  return { client, clock, rest: () => settle(60) }
}

const template = { metadata: { labels: { app: 'w' } }, spec: { containers: [{ name: 'c', image: 'img:1' }] } }

test('each node without an untolerated taint gets one pod', async (t) => {
  const { client, rest } = await setup(t)
  const taints = [{ key: 'k', effect: 'NoSchedule' }]
  for (const name of ['a', 'b']) await client.nodes.create({ metadata: { name }, spec: {} } as never)
  await client.nodes.create({ metadata: { name: 'c' }, spec: { taints } } as never)
  const metadata = { name: 'd', namespace: 'default' }
  await client.daemonSets.create({ metadata, spec: { selector: { matchLabels: { app: 'w' } }, template } } as never)
  await rest()
  const { items } = await client.pods.list({ namespace: 'default' })
  const target = (pod: (typeof items)[number]) =>
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields
  assert.deepEqual(items.map((pod) => target(pod)?.[0]?.values?.[0]).sort(), ['a', 'b'])
  const { status } = await client.daemonSets.get(metadata)
  assert.equal(status.desiredNumberScheduled, 2)
})
