import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { byDeletionOrder } from '../deletion-rank.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import type { PodIdentity } from './job-pod.ts'
import { completionIndex, hasBackoffPerIndex, indexFailures, isIndexed } from './job-pod.ts'
import type { JobView } from './job-view.ts'
import { replacesOnlyFailed, totalFailures } from './job-view.ts'
import { backoffMs, finishTime, remainingMs } from './pod-backoff.ts'

type AnyPod = DeepReadonly<Pod>

/** Upstream: at most this many pods are made or removed in one go. */
const BURST = 500

export interface PodPlan {
  /** One entry a pod: its identity, or undefined in a job that is not Indexed. */
  readonly create: readonly (PodIdentity | undefined)[]
  readonly remove: readonly AnyPod[]
  /** When a pod that has to wait is due, in ms. */
  readonly after?: number
}

const nothing: PodPlan = { create: [], remove: [] }

/** Which pods of an unfinished job to make, or to remove. */
export function planPods(view: JobView): PodPlan {
  const { job, active, now } = view
  if (job.spec.suspend) return { create: [], remove: active.slice(0, BURST) }
  const wanted = wantedPods(view)
  const remove = surplus(view, Math.max(0, active.length - wanted)).slice(0, BURST)
  if (remove.length > 0) return { create: [], remove }
  const missing = wanted - active.length - (replacesOnlyFailed(job) ? view.terminating : 0)
  if (missing <= 0) return nothing
  if (hasBackoffPerIndex(job)) return independentIndexes(view, missing)
  const ended = (phase: string) => view.pods.filter((pod) => pod.status?.phase === phase)
  const wait = backoffMs(ended('Succeeded'), [...new Set([...ended('Failed'), ...view.newlyFailed])], now)
  if (wait > 0) return { ...nothing, after: wait }
  const count = Math.min(missing, BURST)
  if (!isIndexed(job)) return { create: new Array(count).fill(undefined), remove: [] }
  return { create: pendingIndexes(view, count).map((index) => ({ index })), remove: [] }
}

function wantedPods({ job, active, succeeded }: JobView): number {
  const { parallelism = 1, completions } = job.spec
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(0, Math.min(completions - succeeded, parallelism))
}

/** Pods of indexes that are taken or out of range go first, then those that cost least. */
function surplus(view: JobView, atLeast: number): readonly AnyPod[] {
  const { job, active, now } = view
  const order = byDeletionOrder(() => 0, now)
  const duplicates = isIndexed(job) ? duplicated(active, job.spec.completions ?? 0, order) : []
  const others = active.filter((pod) => !duplicates.includes(pod)).sort(order)
  return [...duplicates, ...others.slice(0, Math.max(0, atLeast - duplicates.length))]
}

function duplicated(active: readonly AnyPod[], completions: number, order: (a: AnyPod, b: AnyPod) => number): AnyPod[] {
  const groups = Map.groupBy(active, (pod) => completionIndex(pod) ?? -1)
  return [...groups].flatMap(([index, pods]) =>
    index < 0 || index >= completions ? pods : [...pods].sort(order).slice(0, -1),
  )
}

/** The lowest indexes without a pod that have neither succeeded nor failed. */
function pendingIndexes({ job, active, pods, succeededIndexes, failedIndexes }: JobView, count: number): number[] {
  const held = replacesOnlyFailed(job)
    ? pods.filter(({ metadata, status }) => metadata.deletionTimestamp && status.phase !== 'Failed')
    : []
  const busy = new Set([...active, ...held].map(completionIndex))
  const pending: number[] = []
  for (let index = 0; index < (job.spec.completions ?? 0) && pending.length < count; index++) {
    if (!busy.has(index) && !succeededIndexes.has(index) && !failedIndexes.has(index)) pending.push(index)
  }
  return pending
}

/** Each index waits by itself (KEP-3850), in its place among the lowest pending ones. */
function independentIndexes(view: JobView, missing: number): PodPlan {
  const create: PodIdentity[] = []
  const waits: number[] = []
  for (const index of pendingIndexes(view, Math.min(missing, BURST))) {
    const last = view.toBeReplaced.get(index)
    const wait = last ? remainingMs(totalFailures(last) + 1, finishTime(last), view.now) : 0
    if (wait > 0) waits.push(wait)
    else create.push({ index, failures: last ? failuresAfter(view, last) : { counted: 0, ignored: 0 } })
  }
  return { create, remove: [], ...(waits.length > 0 && { after: Math.min(...waits) }) }
}

function failuresAfter({ job }: JobView, last: AnyPod): { counted: number; ignored: number } {
  const { counted, ignored } = indexFailures(last)
  const ignore = matchFailurePolicy(job, last)?.action === 'Ignore'
  return ignore ? { counted, ignored: ignored + 1 } : { counted: counted + 1, ignored }
}
