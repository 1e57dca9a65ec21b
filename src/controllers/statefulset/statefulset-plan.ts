import type { StatefulSet } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isPodAvailable, isPodReady, isPodTerminal } from '../pod-state.ts'
import { ordinalOf, REVISION_LABEL } from './stateful-pod.ts'

type AnyPod = DeepReadonly<Pod>

/** What the plan sees: one StatefulSet and its pods at one moment. */
export interface StatefulView {
  readonly set: DeepReadonly<StatefulSet>
  readonly pods: readonly AnyPod[]
  /** Names of the revision that was rolled out last, and of the one of the present template. */
  readonly currentRevision: string
  readonly updateRevision: string
  /** In ms since the epoch. */
  readonly now: number
}

export interface StatefulPlan {
  readonly create: readonly { readonly ordinal: number; readonly revision: string }[]
  readonly remove: readonly AnyPod[]
}

/** The ordinals that the set asks for, each with its pod if there is one. */
export function replicasOf({ set, pods }: StatefulView): { ordinal: number; pod: AnyPod | undefined }[] {
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod.metadata), pod]))
  const start = set.spec.ordinals?.start ?? 0
  return Array.from({ length: set.spec.replicas ?? 1 }, (_, index) => start + index).map((ordinal) => ({
    ordinal,
    pod: byOrdinal.get(ordinal),
  }))
}

/** Pods beyond those ordinals, the highest first. */
export function condemnedOf({ set, pods }: StatefulView): AnyPod[] {
  const start = set.spec.ordinals?.start ?? 0
  const end = start + (set.spec.replicas ?? 1)
  const ordinal = (pod: AnyPod): number => ordinalOf(set, pod.metadata) ?? -1
  const beyond = pods.filter((pod) => ordinal(pod) >= 0 && (ordinal(pod) < start || ordinal(pod) >= end))
  return beyond.sort((a, b) => ordinal(b) - ordinal(a))
}

const isOrdered = ({ spec }: DeepReadonly<StatefulSet>): boolean => spec.podManagementPolicy !== 'Parallel'
const terminating = ({ metadata }: AnyPod): boolean => metadata.deletionTimestamp !== undefined
export const isRunningAndReady = (pod: AnyPod): boolean => pod.status.phase === 'Running' && isPodReady(pod)
export const isAvailable = ({ set, now }: StatefulView, pod: AnyPod): boolean =>
  isRunningAndReady(pod) && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)

/**
 * What to do next. In order, one pod at a time: fill ordinals from the lowest, then give up those beyond from the highest,
 * then roll out from the highest; each step waits until the pods before it are available. Parallel sets fill and shrink at
 * once.
 */
export function planStatefulSet(view: StatefulView): StatefulPlan {
  if (view.set.metadata.deletionTimestamp) return { create: [], remove: [] }
  const filled = fill(view)
  if (filled.wait) return filled.plan
  const shrunk = shrink(view)
  if (isOrdered(view.set) && (shrunk.length > 0 || condemnedOf(view).length > 0)) return { create: [], remove: shrunk }
  const begun = { create: filled.plan.create, remove: [...filled.plan.remove, ...shrunk] }
  return begun.create.length + begun.remove.length > 0 ? begun : { create: [], remove: rollOut(view) }
}

function fill(view: StatefulView): { plan: StatefulPlan; wait: boolean } {
  const create: { ordinal: number; revision: string }[] = []
  const remove: AnyPod[] = []
  for (const { ordinal, pod } of replicasOf(view)) {
    if (!pod) create.push({ ordinal, revision: revisionFor(view, ordinal) })
    else if (isPodTerminal(pod) && !terminating(pod)) remove.push(pod)
    else if (!isOrdered(view.set) || (!terminating(pod) && isAvailable(view, pod))) continue
    if (isOrdered(view.set)) return { plan: { create, remove }, wait: true }
  }
  return { plan: { create, remove }, wait: false }
}

/** Ordinals below the partition are made from the revision that was rolled out last. */
function revisionFor({ set, currentRevision, updateRevision }: StatefulView, ordinal: number): string {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return updateRevision
  const start = set.spec.ordinals?.start ?? 0
  const kept = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status.currentReplicas ?? 0)
  return ordinal < start + kept ? currentRevision : updateRevision
}

function shrink(view: StatefulView): AnyPod[] {
  const condemned = condemnedOf(view)
  if (!isOrdered(view.set)) return condemned.filter((pod) => !terminating(pod))
  const [next] = condemned
  return next && !terminating(next) ? [next] : []
}

function rollOut(view: StatefulView): AnyPod[] {
  const { set, updateRevision } = view
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return []
  const start = set.spec.ordinals?.start ?? 0
  const limit = maxUnavailable(set)
  const replicas = replicasOf(view)
  let unavailable = replicas.filter(({ pod }) => !pod || terminating(pod) || !isAvailable(view, pod)).length
  const remove: AnyPod[] = []
  for (const { ordinal, pod } of replicas.reverse()) {
    if (ordinal < start + (rollingUpdate?.partition ?? 0)) break
    if (!pod || terminating(pod) || pod.metadata.labels?.[REVISION_LABEL] === updateRevision) continue
    const broken = !isAvailable(view, pod)
    if (!broken && unavailable >= limit) break
    if (!broken) unavailable++
    remove.push(pod)
    if (remove.length >= limit) break
  }
  return remove
}

/** A percentage counts of the replicas, rounded up; at least 1. */
export function maxUnavailable({ spec }: DeepReadonly<StatefulSet>): number {
  const value = spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1
  if (typeof value === 'number') return Math.max(1, value)
  return Math.max(1, Math.ceil((Number.parseInt(value, 10) * (spec.replicas ?? 1)) / 100))
}
