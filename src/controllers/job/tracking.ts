import type { Job, JobStatus } from '../../api/types/batch.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import { formatIndexes } from './index-set.ts'
import { completionIndex, hasBackoffPerIndex, isIndexed, isTracked } from './job-pod.ts'
import type { Verdict } from './job-verdict.ts'
import type { JobView } from './job-view.ts'
import { isJobPodFailed } from './job-view.ts'

type AnyPod = DeepReadonly<Pod>

/** Upstream: at most this many uids are held in the status at once. */
const UNCOUNTED_LIMIT = 500

/** Names of ended pods that the status holds until their finalizers are gone. */
export interface Uncounted {
  readonly succeeded: readonly string[]
  readonly failed: readonly string[]
}

/** How ended pods get counted once each, whatever fails in between (KEP-2307). */
export interface TrackingPlan {
  /** Written before any finalizer is removed. */
  readonly noted: Uncounted
  readonly release: readonly AnyPod[]
  readonly completedIndexes: string | undefined
  readonly failedIndexes: string | undefined
}

/** What to note in the status and which pods to let go then. */
export function planTracking(view: JobView, verdict: Verdict | undefined): TrackingPlan {
  const { job } = view
  const { succeeded = [], failed = [] } = job.status.uncountedTerminatedPods ?? {}
  const noted = { succeeded: [...succeeded], failed: [...failed] }
  const release: AnyPod[] = []
  for (const pod of view.pods.filter((each) => isTracked(each) && mayGo(each, view, verdict))) {
    if (noted.succeeded.length + noted.failed.length >= UNCOUNTED_LIMIT) break
    release.push(pod)
    note(pod, view, verdict, noted)
  }
  return {
    noted,
    release,
    completedIndexes: isIndexed(job) ? formatIndexes(view.succeededIndexes) : undefined,
    failedIndexes: hasBackoffPerIndex(job) ? formatIndexes(view.failedIndexes) : undefined,
  }
}

/** A finished job lets all go; a failed pod that its index still learns from stays. */
function mayGo(pod: AnyPod, { job, toBeReplaced }: JobView, verdict: Verdict | undefined): boolean {
  if (job.metadata.deletionTimestamp || verdict || pod.status?.phase === 'Succeeded') return true
  return isJobPodFailed(pod, job) && toBeReplaced.get(completionIndex(pod) ?? -1) !== pod
}

/** Successes of an Indexed Job are held as indexes and not as uids. */
function note(
  pod: AnyPod,
  { job }: JobView,
  verdict: Verdict | undefined,
  noted: { succeeded: string[]; failed: string[] },
): void {
  const { uid } = pod.metadata
  if (noted.succeeded.includes(uid) || noted.failed.includes(uid)) return
  const index = completionIndex(pod)
  if (isIndexed(job) && (index === undefined || index >= (job.spec.completions ?? 0))) return
  if (pod.status?.phase === 'Succeeded') {
    if (!isIndexed(job)) noted.succeeded.push(uid)
  } else if (isJobPodFailed(pod, job) || verdict?.interim === 'FailureTarget') {
    if (matchFailurePolicy(job, pod)?.action !== 'Ignore') noted.failed.push(uid)
  }
}

/** The counts after the finalizers of all noted pods are gone. */
export function countNoted(view: JobView, { noted }: TrackingPlan): Pick<JobStatus, 'succeeded' | 'failed'> {
  const { status } = view.job as DeepReadonly<Job>
  const succeeded = isIndexed(view.job) ? view.succeededIndexes.size : (status.succeeded ?? 0) + noted.succeeded.length
  const failed = (status.failed ?? 0) + noted.failed.length
  return { ...(succeeded > 0 && { succeeded }), ...(failed > 0 && { failed }) }
}
