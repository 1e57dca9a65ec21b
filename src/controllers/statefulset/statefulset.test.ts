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

const running = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z' }],
}
const claimTemplate = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
}

test('claims follow the retention policy, and a missing claim or label of a pod is made again', async (t) => {
  const { client, rest } = await setup(t)
  const spec = {
    replicas: 2,
    podManagementPolicy: 'Parallel',
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
    selector: { matchLabels: { app: 'w' } },
    template,
    volumeClaimTemplates: [claimTemplate],
  }
  const metadata = { name: 'w', namespace: 'default' }
  await client.statefulSets.create({ metadata, spec } as never)
  await rest()
  const claims = client.persistentVolumeClaims
  await claims.delete({ name: 'data-w-0', namespace: 'default' })
  const label = { metadata: { labels: { 'statefulset.kubernetes.io/pod-name': null } } }
  await client.pods.patch({ name: 'w-0', namespace: 'default' }, { type: 'merge', body: label })
  await rest()
  await client.pods.patch(
    { name: 'w-1', namespace: 'default' },
    { type: 'merge', body: { status: running }, subresource: 'status' },
  )
  await rest()
  const owners = async () =>
    (await claims.list({ namespace: 'default' })).items.map((claim) => [
      claim.metadata.name,
      ...(claim.metadata.ownerReferences ?? []).map(({ kind }) => kind),
    ])
  const first = await client.pods.get({ name: 'w-0', namespace: 'default' })
  assert.deepEqual(
    [await owners(), first.metadata.labels?.['statefulset.kubernetes.io/pod-name']],
    [
      [
        ['data-w-0', 'StatefulSet'],
        ['data-w-1', 'StatefulSet'],
      ],
      'w-0',
    ],
  )
  const body = { metadata: { finalizers: ['example.com/hold'] } }
  await client.pods.patch({ name: 'w-1', namespace: 'default' }, { type: 'merge', body })
  await client.statefulSets.patch(metadata, { type: 'merge', body: { spec: { replicas: 1 } } })
  await rest()
  assert.deepEqual(await owners(), [
    ['data-w-0', 'StatefulSet'],
    ['data-w-1', 'Pod'],
  ])
})

test('a pod that cannot be made is told of, and the status is written all the same', async (t) => {
  const { client, rest } = await setup(t)
  const spec = { replicas: 1, selector: { matchLabels: { app: 'w' } }, template }
  const metadata = { name: 'w'.repeat(62), namespace: 'default' } // too long for a pod's hostname and labels
  await client.statefulSets.create({ metadata, spec } as never)
  await rest()
  const { items } = await client.events.list({ namespace: 'default' })
  const { status } = await client.statefulSets.get(metadata)
  assert.deepEqual(
    [items.map(({ reason }) => reason), status.replicas, status.observedGeneration],
    [['FailedCreate'], 0, 1],
  )
})
