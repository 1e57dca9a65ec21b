import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CronJob } from '../../api/types/batch.v1.ts'
import { mostRecentDue, msUntilNext } from './due.ts'
import { parseSchedule } from './schedule.ts'

interface Case {
  what: string
  line: string
  created: string
  last?: string
  deadline?: number
  now: string
  due: [time: string | undefined, missed: string]
  /** Seconds. */
  next: number
}
const cases: Case[] = [
  {
    what: 'nothing is due before the first time',
    line: '0 * * * *',
    created: '10:05:00',
    now: '10:30:00',
    due: [undefined, 'none'],
    next: 1800.1,
  },
  {
    what: 'one time is due',
    line: '0 * * * *',
    created: '10:05:00',
    now: '11:00:01',
    due: ['11:00:00', 'none'],
    next: 3599.1,
  },
  {
    what: 'of several missed times the newest is due',
    line: '0 * * * *',
    created: '10:05:00',
    now: '13:10:00',
    due: ['13:00:00', 'few'],
    next: 3000.1,
  },
  {
    what: 'the time after the last one is due, however old the job is',
    line: '* * * * *',
    created: '10:00:00',
    now: '11:40:30',
    due: ['11:40:00', 'none'],
    last: '11:39:00',
    next: 30.1,
  },
  {
    what: 'a clock that was wrong misses many',
    line: '* * * * *',
    created: '10:00:00',
    now: '11:41:30',
    due: ['11:41:00', 'many'],
    next: 30.1,
  },
  {
    what: 'a starting deadline leaves out what lies further back',
    line: '* * * * *',
    created: '10:00:00',
    deadline: 150,
    now: '11:41:30',
    due: ['11:41:00', 'few'],
    next: 30.1,
  },
  {
    what: '@every keeps in step with the last time',
    line: '@every 7m',
    created: '10:00:00',
    last: '10:01:00',
    now: '10:30:00',
    due: ['10:29:00', 'few'],
    next: 360.1,
  },
  {
    what: 'an uneven schedule that is overshot waits for its next time, as upstream does',
    line: '0 6-16/4 * * *',
    created: '05:00:00',
    now: '23:30:00',
    due: [undefined, 'few'],
    next: 6.5 * 3600 + 0.1,
  },
]
const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`)

for (const { what, line, created, last, deadline, now, due, next } of cases) {
  test(what, async () => {
    const job = {
      metadata: { creationTimestamp: new Date(at(created)).toISOString() },
      spec: { ...(deadline !== undefined && { startingDeadlineSeconds: deadline }) },
      status: { ...(last && { lastScheduleTime: new Date(at(last)).toISOString() }) },
    } as unknown as CronJob
    const schedule = await parseSchedule(line)
    const is = mostRecentDue(job, schedule, at(now), true)
    const ms = msUntilNext(job, schedule, at(now)) ?? 0
    assert.deepEqual([is?.time, is?.missed, ms], [due[0] && at(due[0]), due[1], Math.round(next * 1000)])
  })
}

test('February 31 is never due', async () => {
  const job = { metadata: { creationTimestamp: '2026-01-01T00:00:00Z' }, spec: {}, status: {} } as unknown as CronJob
  const schedule = await parseSchedule('59 23 31 2 *')
  assert.deepEqual(
    [mostRecentDue(job, schedule, at('10:00:00'), true), msUntilNext(job, schedule, 0)],
    [undefined, undefined],
  )
})
