import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { createInformers } from '../../client/informers.ts'
import { startTestApi } from '../../testing/api-server.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { ControllerLoop } from '../controller-loop.ts'
import { cronJobController } from './cronjob.ts'
import { parseSchedule } from './schedule.ts'

async function setup(t: { after(stop: () => void): void }) {
  const api = await startTestApi()
  const clock = new FakeClock(Date.now())
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
