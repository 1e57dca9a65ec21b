import type { Job } from '../../api/types/batch.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isPodActive, isPodReady, isPodTerminal } from '../pod-state.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import { parseIndexes } from './index-set.ts'
import { completionIndex, hasBackoffPerIndex, indexFailures, isIndexed, isTracked } from './job-pod.ts'

type AnyPod = DeepReadonly<Pod>

/** A job and its pods at one moment, sorted by what they mean for it. All plans read from this. */
export interface JobView {
  readonly job: DeepReadonly<Job>
  readonly pods: readonly AnyPod[]
  readonly active: readonly AnyPod[]
  readonly ready: number
  readonly terminating: number
  /** Ended, still held by the finalizer and not yet noted in the status. */
  readonly newlySucceeded: readonly AnyPod[]
  readonly newlyFailed: readonly AnyPod[]
  /** All there were, those not yet counted in the status included. */
  readonly succeeded: number
  readonly failed: number
  /** Indexes of an Indexed Job; empty for others. */
  readonly succeededIndexes: ReadonlySet<number>
  readonly failedIndexes: ReadonlySet<number>
  /** With a limit for each index: the last failed pod of an index that waits for its next pod. It keeps its finalizer. */
  readonly toBeReplaced: ReadonlyMap<number, AnyPod>
  /** In ms since the epoch. */
  readonly now: number
}

/** Failed pods are replaced only when they have ended for good, not from when their deletion began (KEP-3939). */
export const replacesOnlyFailed = ({ spec }: DeepReadonly<Job>): boolean =>
  spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined

/** A pod being deleted counts as failed, since it may vanish before it gets there. */
export function isJobPodFailed(pod: AnyPod, job: DeepReadonly<Job>): boolean {
  if (pod.status?.phase === 'Failed') return true
  if (replacesOnlyFailed(job)) return false
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded'
}

export function jobView(job: DeepReadonly<Job>, pods: readonly AnyPod[], now: number): JobView {
  const { succeeded: notedSucceeded = [], failed: notedFailed = [] } = job.status.uncountedTerminatedPods ?? {}
  const noted = new Set([...notedSucceeded, ...notedFailed])
  const fresh = pods.filter((pod) => isTracked(pod) && !noted.has(pod.metadata.uid) && inRange(pod, job))
  const newlySucceeded = fresh.filter(({ status }) => status?.phase === 'Succeeded')
  const newlyFailed = fresh.filter((pod) => isJobPodFailed(pod, job))
  const counted = newlyFailed.filter((pod) => matchFailurePolicy(job, pod)?.action !== 'Ignore').length
  const active = pods.filter(isPodActive)
  const indexes = indexesOf(job, newlySucceeded, newlyFailed)
  return {
    job,
    pods,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp && !isPodTerminal(pod)).length,
    newlySucceeded,
    newlyFailed,
    ...indexes,
    succeeded: isIndexed(job)
      ? indexes.succeededIndexes.size
      : (job.status.succeeded ?? 0) + notedSucceeded.length + newlySucceeded.length,
    failed: (job.status.failed ?? 0) + notedFailed.length + counted,
    toBeReplaced: replacements(job, active, newlyFailed, indexes),
    now,
  }
}

function inRange(pod: AnyPod, job: DeepReadonly<Job>): boolean {
  const index = completionIndex(pod)
  return !isIndexed(job) || (index !== undefined && index < (job.spec.completions ?? 0))
}

type Indexes = Pick<JobView, 'succeededIndexes' | 'failedIndexes'>

function indexesOf(job: DeepReadonly<Job>, succeeded: readonly AnyPod[], failed: readonly AnyPod[]): Indexes {
  if (!isIndexed(job)) return { succeededIndexes: new Set(), failedIndexes: new Set() }
  const { completions = 0 } = job.spec
  const succeededIndexes = parseIndexes(job.status.completedIndexes, completions)
  for (const pod of succeeded) succeededIndexes.add(completionIndex(pod) as number)
  const failedIndexes = parseIndexes(job.status.failedIndexes, completions)
  for (const pod of failed.filter((each) => failsIndex(each, job))) failedIndexes.add(completionIndex(pod) as number)
  return { succeededIndexes, failedIndexes }
}

function failsIndex(pod: AnyPod, job: DeepReadonly<Job>): boolean {
  if (!hasBackoffPerIndex(job)) return false
  const action = matchFailurePolicy(job, pod)?.action
  if (action === 'FailIndex') return true
  return action !== 'Ignore' && indexFailures(pod).counted >= (job.spec.backoffLimitPerIndex ?? 0)
}

function replacements(
  job: DeepReadonly<Job>,
  active: readonly AnyPod[],
  failed: readonly AnyPod[],
  { succeededIndexes, failedIndexes }: Indexes,
): ReadonlyMap<number, AnyPod> {
  const last = new Map<number, AnyPod>()
  if (!hasBackoffPerIndex(job)) return last
  const busy = new Set(active.map(completionIndex))
  for (const pod of failed) {
    const index = completionIndex(pod) as number
    if (busy.has(index) || succeededIndexes.has(index) || failedIndexes.has(index)) continue
    const known = last.get(index)
    if (!known || totalFailures(pod) > totalFailures(known)) last.set(index, pod)
  }
  return last
}

export function totalFailures(pod: AnyPod): number {
  const { counted, ignored } = indexFailures(pod)
  return counted + ignored
}
