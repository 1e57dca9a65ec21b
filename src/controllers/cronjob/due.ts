import type { CronJob } from '../../api/types/batch.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Schedule } from './schedule.ts'

/** Upstream looks a little after the time it is due. */
const DELTA_MS = 100

/** The newest time that is due, and how many were missed before it. Times in ms since the epoch. */
export interface Due {
  readonly earliest: number
  readonly time: number | undefined
  readonly missed: 'none' | 'few' | 'many'
}

/** Counts from the last schedule, or from creation; with a starting deadline no further back than that. */
export function mostRecentDue(job: DeepReadonly<CronJob>, schedule: Schedule, now: number, withDeadline: boolean): Due {
  const { startingDeadlineSeconds } = job.spec
  const since = Date.parse(job.status.lastScheduleTime ?? job.metadata.creationTimestamp)
  const deadline = withDeadline && startingDeadlineSeconds !== undefined ? now - startingDeadlineSeconds * 1000 : since
  const earliest = Math.max(since, deadline)
  const first = schedule.next(earliest)
  if (first === undefined || now < first) return { earliest, time: undefined, missed: 'none' }
  const second = schedule.next(first)
  if (second === undefined || now < second) return { earliest, time: first, missed: 'none' }
  const between = Math.max(1000, second - first)
  const count = Math.floor((now - first) / between) + 1
  let time: number | undefined
  let next = schedule.next(first + (count - 2) * between)
  for (; next !== undefined && next <= now; next = schedule.next(next)) time = next
  return { earliest, time: time ?? first, missed: count > 100 ? 'many' : 'few' }
}

/** How long until the schedule is next due, in ms; undefined when never. */
export function msUntilNext(job: DeepReadonly<CronJob>, schedule: Schedule, now: number): number | undefined {
  const { earliest, time } = mostRecentDue(job, schedule, now, false)
  const next = schedule.next(time ?? earliest)
  return next === undefined ? undefined : Math.max(0, next + DELTA_MS - now)
}
