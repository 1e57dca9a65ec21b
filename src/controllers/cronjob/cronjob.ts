import { hasReason, Reason } from '../../api/status-error.ts'
import type { CronJob, Job } from '../../api/types/batch.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, controlledBy, itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { controllerReference, isControlledBy } from '../owner-references.ts'
import { mostRecentDue, msUntilNext } from './due.ts'
import type { Schedule } from './schedule.ts'
import { parseSchedule } from './schedule.ts'
import { isTimeZone, zonedTime } from './zoned-time.ts'

const CRON_JOB = { apiVersion: 'batch/v1', kind: 'CronJob' }
const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

type AnyJob = DeepReadonly<Job>

/** Makes a Job of each CronJob whenever its schedule is due. Upstream: cronjob controller v2. */
export const cronJobController: Controller = {
  name: 'cronjob-controller',
  user: 'cronjob-controller',
  watches: [watch('cronJobs', itself), watch('jobs', controlledBy('CronJob'))],

  async reconcile(key, deps) {
    const cached = deps.listers.cronJobs.get(key)
    if (!cached) return settled
    const cron = editable<CronJob>(cached)
    cron.status ??= {}
    const jobs = deps.listers.jobs.ownedBy(cron.metadata.uid).filter((job) => isControlledBy(job, cron.metadata.uid))
    await followJobs(cron, jobs, deps)
    const outcome = cron.metadata.deletionTimestamp || cron.spec.suspend ? settled : await runDue(cron, deps)
    await dropOldJobs(cron, jobs, deps)
    if (JSON.stringify(cron.status) !== JSON.stringify(cached.status ?? {})) {
      await deps.client.cronJobs.updateStatus(cron, { signal: deps.signal })
    }
    return outcome
  },
}

const finishedAs = ({ status }: AnyJob): 'Complete' | 'Failed' | undefined =>
  status.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')
    ?.type as 'Complete' | 'Failed' | undefined

/** Brings the active list and the last success up to what the jobs show. */
async function followJobs(cron: CronJob, jobs: readonly AnyJob[], { events, client, signal }: ReconcileDeps) {
  for (const job of jobs) {
    const finished = finishedAs(job)
    const active = cron.status.active?.some(({ uid }) => uid === job.metadata.uid) ?? false
    if (!active && !finished) {
      const why = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`
      events.warning(cron, 'UnexpectedJob', why)
    } else if (active && finished) {
      forget(cron, job.metadata.uid)
      events.normal(cron, 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${finished}`)
    }
    const { completionTime } = job.status
    if (finished === 'Complete' && completionTime && completionTime > (cron.status.lastSuccessfulTime ?? '')) {
      cron.status.lastSuccessfulTime = completionTime
    }
  }
  const known = new Set(jobs.map(({ metadata }) => metadata.uid))
  for (const { name = '', uid = '' } of (cron.status.active ?? []).filter((active) => !known.has(active.uid ?? ''))) {
    const job = await client.jobs.get({ name, namespace: cron.metadata.namespace }, { signal }).catch(ignoreNotFound)
    if (job) continue
    events.normal(cron, 'MissingJob', `Active job went missing: ${name}`)
    forget(cron, uid)
  }
}

function forget(cron: CronJob, gone: string): void {
  const active = (cron.status.active ?? []).filter(({ uid }) => uid !== gone)
  if (active.length > 0) cron.status.active = active
  else delete cron.status.active
}

async function runDue(cron: CronJob, deps: ReconcileDeps): Promise<Outcome> {
  const { schedule: line, startingDeadlineSeconds } = cron.spec
  const schedule = await scheduleOf(cron, deps)
  if (!schedule) return settled
  const now = deps.clock.now()
  const due = mostRecentDue(cron, schedule, now, true)
  if (!due) {
    const why = 'time difference between two schedules is less than 1 second'
    deps.events.warning(cron, 'InvalidSchedule', `invalid schedule: ${line} : ${why}`)
    return settled
  }
  if (due.missed === 'many' && due.time !== undefined) {
    const why = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
    deps.events.warning(cron, 'TooManyMissedTimes', why)
  }
  if (due.time !== undefined) {
    const late = startingDeadlineSeconds !== undefined && due.time + startingDeadlineSeconds * 1000 < now
    if (!late) await start(cron, due.time, deps)
    else deps.events.warning(cron, 'MissSchedule', `Missed scheduled time to start a job: ${rfc1123(due.time)}`)
  }
  const next = msUntilNext(cron, schedule, now)
  return next === undefined ? settled : after(next)
}

/** Undefined, and told of, when it cannot be read: nothing to do until it is changed. */
async function scheduleOf(cron: CronJob, { events }: ReconcileDeps): Promise<Schedule | undefined> {
  const { schedule: line, timeZone } = cron.spec
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    events.warning(cron, 'UnknownTimeZone', `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`)
    return undefined
  }
  if (line.includes('TZ')) {
    const where = 'see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'
    const why = `CRON_TZ or TZ used in schedule "${line}" is not officially supported, ${where}`
    events.warning(cron, 'UnsupportedSchedule', why)
  }
  try {
    return await parseSchedule(line, timeZone)
  } catch (error) {
    events.warning(cron, 'UnparseableSchedule', `unparseable schedule: "${line}" : ${(error as Error).message}`)
    return undefined
  }
}

/** As Go's RFC1123Z. */
const rfc1123 = (time: number): string => new Date(time).toUTCString().replace('GMT', '+0000')

async function start(cron: CronJob, time: number, deps: ReconcileDeps): Promise<void> {
  const { events } = deps
  const draft = jobFor(cron, time)
  const { active = [], lastScheduleTime } = cron.status
  if (active.some(({ name }) => name === draft.metadata.name) || lastScheduleTime === timestamp(time)) return
  if (cron.spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const why = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    events.normal(cron, 'JobAlreadyActive', why)
    return
  }
  if (cron.spec.concurrencyPolicy === 'Replace') {
    for (const { name = '', uid = '' } of active) await removeJob(cron, { name, uid }, deps)
  }
  const job = await createJob(cron, draft, deps)
  if (!job) return
  const { name, namespace, uid, resourceVersion } = job.metadata
  const reference = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion }
  cron.status.active = [...(cron.status.active ?? []), reference]
  cron.status.lastScheduleTime = timestamp(time)
}

/** The job of a scheduled time. Its name is made of the time: it cannot be made twice. */
export function jobFor(cron: DeepReadonly<CronJob>, time: number): New<Job> {
  const { metadata: { labels, annotations } = {}, spec } = editable<CronJob['spec']['jobTemplate']>(
    cron.spec.jobTemplate,
  )
  return {
    metadata: {
      name: `${cron.metadata.name}-${Math.floor(time / 60_000)}`,
      namespace: cron.metadata.namespace,
      ...(labels && { labels }),
      annotations: { ...annotations, [SCHEDULED]: zonedTime(time, cron.spec.timeZone) },
      ownerReferences: [controllerReference(cron, CRON_JOB)],
    },
    spec: spec as Job['spec'],
  }
}

async function createJob(
  cron: CronJob,
  draft: New<Job>,
  { client, events, signal }: ReconcileDeps,
): Promise<AnyJob | undefined> {
  try {
    const job = await client.jobs.create(draft, { signal })
    events.normal(cron, 'SuccessfulCreate', `Created job ${job.metadata.name}`)
    return job
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined
    if (hasReason(error, Reason.AlreadyExists)) {
      const at = { name: draft.metadata.name ?? '', namespace: cron.metadata.namespace }
      const job = await client.jobs.get(at, { signal })
      const ours = isControlledBy(job, cron.metadata.uid) && !finishedAs(job)
      return ours ? job : undefined // of another, it is that one's to follow
    }
    events.warning(cron, 'FailedCreate', `Error creating job: ${(error as Error).message}`)
    throw error
  }
}

async function removeJob(
  cron: CronJob,
  { name, uid }: { name: string; uid: string },
  { client, events, signal }: ReconcileDeps,
): Promise<void> {
  const at = { name, namespace: cron.metadata.namespace }
  try {
    await client.jobs.delete(at, { propagationPolicy: 'Background', signal }).catch(ignoreNotFound)
  } catch (error) {
    events.warning(cron, 'FailedDelete', `Deleted job: ${(error as Error).message}`)
    throw error
  }
  forget(cron, uid)
  events.normal(cron, 'SuccessfulDelete', `Deleted job ${name}`)
}

/** Keeps as many finished jobs as the limits say, the newest. */
async function dropOldJobs(cron: CronJob, jobs: readonly AnyJob[], deps: ReconcileDeps): Promise<void> {
  const limits = { Complete: cron.spec.successfulJobsHistoryLimit, Failed: cron.spec.failedJobsHistoryLimit }
  for (const [as, limit] of Object.entries(limits)) {
    if (limit === undefined) continue
    const finished = jobs.filter((job) => finishedAs(job) === as && !job.metadata.deletionTimestamp).sort(byStart)
    for (const { metadata } of finished.slice(0, Math.max(0, finished.length - limit))) {
      await removeJob(cron, metadata, deps)
    }
  }
}

const startOf = ({ metadata, status }: AnyJob): string => status.startTime ?? metadata.creationTimestamp
const byStart = (a: AnyJob, b: AnyJob): number =>
  startOf(a) === startOf(b) ? (a.metadata.name < b.metadata.name ? -1 : 1) : startOf(a) < startOf(b) ? -1 : 1
