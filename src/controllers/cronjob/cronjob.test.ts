import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { createInformers } from '../../client/informers.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { ControllerLoop } from '../controller-loop.ts'
import { cronJobController } from './cronjob.ts'
import { parseSchedule } from './schedule.ts'
import { zonedTime } from './zoned-time.ts'

/** Not near a minute's end: a minute on, one more has begun. */
const START = Date.parse('2026-01-01T00:00:10Z')

async function setup(t: { after(stop: () => void): void }) {
  const clock = new FakeClock(START)
  const api = await startTestApi({ clock })
  const client = api.client()
  const informers = createInformers(client, { clock, log: silentLogger })
  const loop = new ControllerLoop(cronJobController, { informers, clientFor: () => client, clock, log: silentLogger })
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

test('a job is made when the schedule is due, and listed as active', async (t) => {
  const { client, clock, rest } = await setup(t)
  const spec = {
    schedule: '* * * * *',
    jobTemplate: { spec: { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } } },
  }
  const metadata = { name: 'tick', namespace: 'default' }
  await client.cronJobs.create({ metadata, spec } as never)
  await rest()
  await clock.advance(61_000)
  await rest()
  const { items } = await client.jobs.list({ namespace: 'default' })
  assert.equal(items.length, 1)
  const { status } = await client.cronJobs.get(metadata)
  assert.deepEqual(
    status.active?.map(({ name }) => name),
    [items[0]?.metadata.name],
  )
})

const minutely = (more: object) => ({
  schedule: '* * * * *',
  jobTemplate: { spec: { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } } },
  ...more,
})
type Client = Awaited<ReturnType<typeof setup>>['client']
const jobNames = async (client: Client) => (await client.jobs.list({ namespace: 'default' })).items.map(nameOf)
const nameOf = ({ metadata }: { metadata: { name: string } }): string => metadata.name
const reasons = async (client: Client) =>
  (await client.events.list({ namespace: 'default' })).items.map(({ reason, count }) => `${reason} ${count}`)

test('Forbid: no job is made while one runs', async (t) => {
  const { client, clock, rest } = await setup(t)
  const metadata = { name: 'tick', namespace: 'default' }
  await client.cronJobs.create({ metadata, spec: minutely({ concurrencyPolicy: 'Forbid' }) } as never)
  await rest()
  for (const _minute of [1, 2]) {
    await clock.advance(60_500)
    await rest()
  }
  assert.deepEqual([(await jobNames(client)).length, (await reasons(client)).includes('JobAlreadyActive 1')], [1, true])
})

test('Replace: the job that runs is deleted for the new one', async (t) => {
  const { client, clock, rest } = await setup(t)
  const metadata = { name: 'tick', namespace: 'default' }
  await client.cronJobs.create({ metadata, spec: minutely({ concurrencyPolicy: 'Replace' }) } as never)
  await rest()
  await clock.advance(60_500)
  await rest()
  const before = await jobNames(client)
  await clock.advance(60_500)
  await rest()
  const after = await jobNames(client)
  const { status } = await client.cronJobs.get(metadata)
  assert.deepEqual(
    [before.length, after.length, before[0] === after[0], status.active?.map(({ name }) => name)],
    [1, 1, false, after],
  )
})

test('finished jobs beyond the limits go, the oldest first; the last success is kept', async (t) => {
  const { client, clock, rest } = await setup(t)
  const metadata = { name: 'tick', namespace: 'default' }
  const limits = { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 }
  await client.cronJobs.create({ metadata, spec: minutely(limits) } as never)
  await rest()
  for (const _minute of [1, 2, 3]) {
    await clock.advance(60_500)
    await rest()
    for (const name of (await client.cronJobs.get(metadata)).status.active?.map((job) => job.name ?? '') ?? []) {
      const time = new Date(clock.now()).toISOString().replace(/\.\d+/, '')
      const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({ type, status: 'True' }))
      const status = { startTime: time, completionTime: time, conditions, uncountedTerminatedPods: {} }
      await client.jobs.patch(
        { name, namespace: 'default' },
        { type: 'merge', body: { status }, subresource: 'status' },
      )
    }
    await rest()
  }
  const left = await client.jobs.list({ namespace: 'default' })
  const { status } = await client.cronJobs.get(metadata)
  assert.deepEqual(
    [left.items.length, status.lastSuccessfulTime, status.active],
    [1, left.items[0]?.status.completionTime, undefined],
  )
})

const zoned: { time: string; zone?: string; text: string }[] = [
  { time: '2026-01-01T03:00:00Z', text: '2026-01-01T03:00:00Z' },
  { time: '2026-01-01T03:00:00Z', zone: 'Europe/London', text: '2026-01-01T03:00:00Z' },
  { time: '2026-07-01T03:00:00Z', zone: 'America/New_York', text: '2026-06-30T23:00:00-04:00' },
  { time: '2026-07-01T03:00:00Z', zone: 'Asia/Kolkata', text: '2026-07-01T08:30:00+05:30' },
]
for (const { time, zone, text } of zoned) {
  test(`${time} in ${zone ?? 'no zone'} is written ${text}`, () => {
    assert.equal(zonedTime(Date.parse(time), zone), text)
  })
}

const lines: { line: string; zone?: string; next: string }[] = [
  { line: '*/15 * * * *', next: '2026-01-01T00:15:00.000Z' },
  { line: '5/20 * * * *', next: '2026-01-01T00:05:00.000Z' },
  { line: '@daily', next: '2026-01-02T00:00:00.000Z' },
  { line: '@every 90s', next: '2026-01-01T00:01:30.000Z' },
  { line: '0 12 * * *', zone: 'Asia/Tokyo', next: '2026-01-01T03:00:00.000Z' },
  { line: 'TZ=Asia/Tokyo 0 12 * * ?', next: '2026-01-01T03:00:00.000Z' },
]
for (const { line, zone, next } of lines) {
  test(`${line} ${zone ?? ''} is next due at ${next}`, async () => {
    const time = (await parseSchedule(line, zone)).next(Date.UTC(2026, 0, 1))
    assert.equal(new Date(time ?? 0).toISOString(), next)
  })
}
