import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { createInformers } from '../../client/informers.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { ControllerLoop } from '../controller-loop.ts'
import { statefulSetController } from './statefulset.ts'

async function setup(t: { after(stop: () => void): void }) {
  const api = await startTestApi()
  const clock = new FakeClock(Date.now())
  const client = api.client()
  const informers = createInformers(client, { clock, log: silentLogger })
  const loop = new ControllerLoop(statefulSetController, {
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

test('pods come one at a time, each when the one before is ready', async (t) => {
  const { client, rest } = await setup(t)
  const spec = { replicas: 2, serviceName: 'svc', selector: { matchLabels: { app: 'w' } }, template }
  const metadata = { name: 'w', namespace: 'default' }
  await client.statefulSets.create({ metadata, spec } as never)
  await rest()
  const names = async () => (await client.pods.list({ namespace: 'default' })).items.map((pod) => pod.metadata.name)
  assert.deepEqual(await names(), ['w-0'])
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z' }]
  const body = { status: { phase: 'Running', conditions } }
  await client.pods.patch({ name: 'w-0', namespace: 'default' }, { type: 'merge', body, subresource: 'status' })
  await rest()
  assert.deepEqual(await names(), ['w-0', 'w-1'])
  const { status } = await client.statefulSets.get(metadata)
  assert.deepEqual(
    [status.replicas, status.readyReplicas, status.currentReplicas, status.updatedReplicas],
    [2, 1, 2, 2],
  )
})
