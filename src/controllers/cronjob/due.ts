import type { CronJob } from '../../api/types/batch.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Schedule } from './schedule.ts'

/** Upstream looks a little after the time it is due. */
const DELTA_MS = 100
/** So many missed times are worth a warning. */
const MANY = 100

/** The newest time that is due, and how many were missed before it. Times in ms since the epoch. */
export interface Due {
  readonly earliest: number
  readonly time: number | undefined
  readonly missed: 'none' | 'few' | 'many'
}

/**
 * Counts from the last schedule, or from creation; with a starting deadline no further back than that. Undefined for a
 * schedule that is never due, such as February 31.
 */
export function mostRecentDue(
  job: DeepReadonly<CronJob>,
  schedule: Schedule,
  now: number,
  withDeadline: boolean,
): Due | undefined {
  const earliest = earliestTime(job, now, withDeadline)
  const first = schedule.next(earliest)
  if (first === undefined) return undefined
  if (now < first) return { earliest, time: undefined, missed: 'none' }
  const second = schedule.next(first)
  if (second === undefined || now < second) return { earliest, time: first, missed: 'none' }
  const between = second - first
  const count = Math.floor((now - first) / between) + 1
  // Upstream begins one step before where an even schedule would be: `@every` stays in step, uneven ones rarely overshoot.
  const time = lastUntil(schedule, first + (count - 2) * between, now)
  return { earliest, time, missed: count > MANY ? 'many' : 'few' }
}

function earliestTime({ metadata, spec, status }: DeepReadonly<CronJob>, now: number, withDeadline: boolean): number {
  const since = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp)
  const { startingDeadlineSeconds } = spec
  if (!withDeadline || startingDeadlineSeconds === undefined) return since
  return Math.max(since, now - startingDeadlineSeconds * 1000)
}

function lastUntil(schedule: Schedule, from: number, now: number): number | undefined {
  let last: number | undefined
  for (let next = schedule.next(from); next !== undefined && next <= now; next = schedule.next(next)) last = next
  return last
}

/** How long until the schedule is next due, in ms; undefined when never. */
export function msUntilNext(job: DeepReadonly<CronJob>, schedule: Schedule, now: number): number | undefined {
  const due = mostRecentDue(job, schedule, now, false)
  if (!due) return undefined
  const next = schedule.next(due.time ?? (due.missed === 'none' ? due.earliest : now))
  return next === undefined ? undefined : Math.max(0, next + DELTA_MS - now)
}
