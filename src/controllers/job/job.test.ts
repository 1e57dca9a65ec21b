import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { createInformers } from '../../client/informers.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { ControllerLoop } from '../controller-loop.ts'
import { jobController } from './job.ts'

async function setup(t: { after(stop: () => void): void }) {
  const api = await startTestApi()
  const clock = new FakeClock(Date.now())
  const client = api.client()
  const informers = createInformers(client, { clock, log: silentLogger })
  const loop = new ControllerLoop(jobController, { informers, clientFor: () => client, clock, log: silentLogger })
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

const pods = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }

test('a job whose pods succeed completes, and lets its pods go', async (t) => {
  const { client, rest } = await setup(t)
  const metadata = { name: 'j', namespace: 'default' }
  await client.jobs.create({ metadata, spec: { template: pods, completions: 2, parallelism: 2 } } as never)
  await rest()
  const { items } = await client.pods.list({ namespace: 'default' })
  assert.equal(items.length, 2)
  for (const pod of items) {
    const body = { status: { phase: 'Succeeded' } }
    await client.pods.patch(pod.metadata, { type: 'merge', body, subresource: 'status' })
  }
  await rest()
  const { status } = await client.jobs.get(metadata)
  const after = await client.pods.list({ namespace: 'default' })
  assert.deepEqual(
    [status.succeeded, status.conditions?.map(({ type, reason }) => [type, reason]), status.uncountedTerminatedPods],
    [
      2,
      [
        ['SuccessCriteriaMet', 'CompletionsReached'],
        ['Complete', 'CompletionsReached'],
      ],
      {},
    ],
  )
  assert.deepEqual(
    after.items.map((pod) => pod.metadata.finalizers),
    [undefined, undefined],
  )
})

test('a job over its back-off limit fails', async (t) => {
  const { client, rest } = await setup(t)
  const metadata = { name: 'f', namespace: 'default' }
  await client.jobs.create({ metadata, spec: { template: pods, backoffLimit: 0 } } as never)
  await rest()
  const [pod] = (await client.pods.list({ namespace: 'default' })).items
  assert.ok(pod)
  const body = { status: { phase: 'Failed' } }
  await client.pods.patch(pod.metadata, { type: 'merge', body, subresource: 'status' })
  await rest()
  const { status } = await client.jobs.get(metadata)
  assert.deepEqual(
    [status.failed, status.conditions?.map(({ type, reason }) => [type, reason])],
    [
      1,
      [
        ['FailureTarget', 'BackoffLimitExceeded'],
        ['Failed', 'BackoffLimitExceeded'],
      ],
    ],
  )
})

const podsOf = async (client: Awaited<ReturnType<typeof setup>>['client']) =>
  (await client.pods.list({ namespace: 'default' })).items

test('a suspended job loses its pods and its start time, a resumed one starts anew', async (t) => {
  const { client, rest } = await setup(t)
  const metadata = { name: 's', namespace: 'default' }
  await client.jobs.create({ metadata, spec: { template: pods } } as never)
  await rest()
  await client.jobs.patch(metadata, { type: 'merge', body: { spec: { suspend: true } } })
  await rest()
  const suspended = await client.jobs.get(metadata)
  const left = await podsOf(client)
  await client.jobs.patch(metadata, { type: 'merge', body: { spec: { suspend: false } } })
  await rest()
  const resumed = await client.jobs.get(metadata)
  const condition = ({ status }: typeof resumed) =>
    status.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message])
  const { items } = await client.events.list({ namespace: 'default' })
  assert.deepEqual(
    [
      left,
      suspended.status.startTime,
      condition(suspended),
      resumed.status.startTime !== undefined,
      condition(resumed),
    ],
    [
      [],
      undefined,
      [['Suspended', 'True', 'JobSuspended', 'Job suspended']],
      true,
      [['Suspended', 'False', 'JobResumed', 'Job resumed']],
    ],
  )
  assert.deepEqual(
    items.map(({ reason, message }) => [reason, message]).filter(([reason]) => !reason?.startsWith('Successful')),
    [
      ['Suspended', 'Job suspended'],
      ['Resumed', 'Job resumed'],
    ],
  )
})

test('a job whose deadline passes loses its pods and fails', async (t) => {
  const { client, clock, rest } = await setup(t)
  const metadata = { name: 'd', namespace: 'default' }
  await client.jobs.create({ metadata, spec: { template: pods, activeDeadlineSeconds: 30 } } as never)
  await rest()
  await clock.advance(31_000)
  await rest()
  const { status } = await client.jobs.get(metadata)
  assert.deepEqual(
    [await podsOf(client), status.active, status.conditions?.map(({ type, reason }) => [type, reason])],
    [
      [],
      undefined,
      [
        ['FailureTarget', 'DeadlineExceeded'],
        ['Failed', 'DeadlineExceeded'],
      ],
    ],
  )
})

test('pods of a job that is deleted without them are let go', async (t) => {
  const { client, rest } = await setup(t)
  const metadata = { name: 'o', namespace: 'default' }
  const job = await client.jobs.create({ metadata, spec: { template: pods } } as never)
  await rest()
  await client.jobs.delete(metadata, { propagationPolicy: 'Background', preconditions: { uid: job.metadata.uid } })
  await rest()
  assert.deepEqual(
    (await podsOf(client)).map((pod) => pod.metadata.finalizers),
    [undefined],
  )
})
