import type { JobCondition, JobStatus } from '../../api/types/batch.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import { isIndexed } from './job-pod.ts'
import type { Verdict } from './job-verdict.ts'
import { FINAL } from './job-verdict.ts'
import type { JobView } from './job-view.ts'
import type { TrackingPlan } from './tracking.ts'
import { countNoted } from './tracking.ts'

/** How many pods the plan has made and removed. */
export interface PodsMoved {
  readonly created: number
  readonly removed: number
}

/** The status before finalizers are removed: the ended pods are noted by uid, the interim condition is set. */
export function notedStatus(
  view: JobView,
  tracking: TrackingPlan,
  verdict: Verdict | undefined,
  moved: PodsMoved,
): JobStatus {
  const { terminating: _terminating, active: _active, ...status } = editable<JobStatus>(view.job.status)
  const active = Math.max(0, view.active.length + moved.created - moved.removed)
  const terminating = view.terminating + moved.removed
  const conditions = verdict ? withCondition(status.conditions, verdict.interim, verdict, view.now) : status.conditions
  const { completedIndexes, failedIndexes } = tracking
  return {
    ...status,
    ...(conditions && { conditions }),
    ...(active > 0 && { active }),
    terminating,
    ready: Math.min(view.ready, active),
    ...(isIndexed(view.job) && view.succeededIndexes.size > 0 && { succeeded: view.succeededIndexes.size }),
    ...(completedIndexes && { completedIndexes }),
    ...(failedIndexes !== undefined && { failedIndexes }),
    uncountedTerminatedPods: {
      ...(tracking.noted.succeeded.length > 0 && { succeeded: [...tracking.noted.succeeded] }),
      ...(tracking.noted.failed.length > 0 && { failed: [...tracking.noted.failed] }),
    },
  }
}

/** The status after them: the pods are counted, and a job whose pods have all ended is finished. */
export function countedStatus(
  noted: JobStatus,
  view: JobView,
  tracking: TrackingPlan,
  verdict: Verdict | undefined,
): JobStatus {
  const status = { ...noted, ...countNoted(view, tracking), uncountedTerminatedPods: {} }
  if (!verdict || (status.active ?? 0) > 0 || (status.terminating ?? 0) > 0) return status
  const final = FINAL[verdict.interim]
  const conditions = withCondition(status.conditions, final, verdict, view.now)
  return { ...status, conditions, ...(final === 'Complete' && { completionTime: timestamp(view.now) }) }
}

/** The conditions with this one true; one that is there stays as it is. */
function withCondition(
  conditions: readonly JobCondition[] = [],
  type: string,
  { reason, message }: Pick<Verdict, 'reason' | 'message'>,
  now: number,
): JobCondition[] {
  if (conditions.some((condition) => condition.type === type && condition.status === 'True')) return [...conditions]
  return [...conditions.filter((condition) => condition.type !== type), made(type, 'True', reason, message, now)]
}

const made = (type: string, status: 'True' | 'False', reason: string, message: string, now: number): JobCondition => ({
  type,
  status,
  lastProbeTime: timestamp(now),
  lastTransitionTime: timestamp(now),
  reason,
  message,
})

/**
 * The status whose Suspended condition follows spec.suspend; `event` names a change. A suspended job has no start time
 * (KEP-5440), a resumed one starts anew.
 */
export function withSuspension(
  status: JobStatus,
  suspend: boolean,
  now: number,
): { readonly status: JobStatus; readonly event?: 'Suspended' | 'Resumed' } {
  const present = status.conditions?.find(({ type }) => type === 'Suspended')
  if ((present?.status === 'True') === suspend || (!present && !suspend)) return { status }
  const others = (status.conditions ?? []).filter((condition) => condition !== present)
  if (suspend) {
    const conditions = [...others, made('Suspended', 'True', 'JobSuspended', 'Job suspended', now)]
    const { startTime: _startTime, ...rest } = status
    return { status: { ...rest, conditions }, event: 'Suspended' }
  }
  const conditions = [...others, made('Suspended', 'False', 'JobResumed', 'Job resumed', now)]
  return { status: { ...status, conditions, startTime: timestamp(now) }, event: 'Resumed' }
}

/** Equal in all that the controller writes; absent counts as 0 or empty. */
export function sameStatus(a: DeepReadonly<JobStatus>, b: DeepReadonly<JobStatus> | undefined): boolean {
  const facts = (status: DeepReadonly<JobStatus> = {}): string =>
    JSON.stringify([
      status.conditions ?? [],
      status.startTime,
      status.completionTime,
      [status.active ?? 0, status.ready, status.terminating, status.succeeded ?? 0, status.failed ?? 0],
      [status.completedIndexes ?? '', status.failedIndexes ?? ''],
      [status.uncountedTerminatedPods?.succeeded ?? [], status.uncountedTerminatedPods?.failed ?? []],
    ])
  return facts(a) === facts(b) && b?.uncountedTerminatedPods !== undefined
}
