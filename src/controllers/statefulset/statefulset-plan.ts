import type { StatefulSet } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isPodAvailable, isPodReady, isPodTerminal } from '../pod-state.ts'
import { isInRange, ordinalOf, REVISION_LABEL } from './stateful-pod.ts'

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

/** An ordinal that the set asks for, with its pod if there is one. */
export interface Replica {
  readonly ordinal: number
  readonly pod: AnyPod | undefined
}

/** Carried out in this order; a failure ends it. */
export interface StatefulPlan {
  /** Ended pods, which are made anew when they are gone. */
  readonly ended: readonly AnyPod[]
  readonly create: readonly { readonly ordinal: number; readonly revision: string }[]
  /** Claims of theirs that are missing are made again. */
  readonly pending: readonly AnyPod[]
  /** Brought back to their identity and volumes, their claims to the right owners. */
  readonly restore: readonly AnyPod[]
  /** Pods beyond the ordinals, whose claims get the right owners before any of them goes. */
  readonly condemned: readonly AnyPod[]
  /** Those of them that go now. */
  readonly surplus: readonly AnyPod[]
  /** Pods that go to be made anew from the present template. */
  readonly outdated: readonly AnyPod[]
}

/** The ordinals that the set asks for, each with its pod if there is one. */
export function replicasOf({ set, pods }: StatefulView): Replica[] {
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod.metadata), pod]))
  const start = set.spec.ordinals?.start ?? 0
  const ordinals = Array.from({ length: set.spec.replicas ?? 1 }, (_, index) => start + index)
  return ordinals.map((ordinal) => ({ ordinal, pod: byOrdinal.get(ordinal) }))
}

/** Pods beyond those ordinals, the highest first. */
export function condemnedOf({ set, pods }: StatefulView): AnyPod[] {
  const ordinal = ({ metadata }: AnyPod): number => ordinalOf(set, metadata) ?? -1
  const beyond = pods.filter((pod) => ordinal(pod) >= 0 && !isInRange(set, pod.metadata))
  return beyond.sort((a, b) => ordinal(b) - ordinal(a))
}

const isOrdered = ({ spec }: DeepReadonly<StatefulSet>): boolean => spec.podManagementPolicy !== 'Parallel'
const terminating = ({ metadata }: AnyPod): boolean => metadata.deletionTimestamp !== undefined
export const isRunningAndReady = (pod: AnyPod): boolean => pod.status.phase === 'Running' && isPodReady(pod)
export const isAvailable = ({ set, now }: StatefulView, pod: AnyPod): boolean =>
  isRunningAndReady(pod) && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)
const isUnavailable = (view: StatefulView, pod: AnyPod): boolean => !isAvailable(view, pod) || terminating(pod)

const nothing: StatefulPlan = {
  ended: [],
  create: [],
  pending: [],
  restore: [],
  condemned: [],
  surplus: [],
  outdated: [],
}

/**
 * What to do next. In order, one pod at a time: fill ordinals from the lowest, then give up those beyond from the highest,
 * then roll out from the highest; each step waits until the pods before it are available. Parallel sets fill and shrink at
 * once, and roll out meanwhile.
 */
export function planStatefulSet(view: StatefulView): StatefulPlan {
  if (view.set.metadata.deletionTimestamp) return nothing
  const { wait, ...filled } = fill(view)
  if (wait) return { ...nothing, ...filled }
  const condemned = condemnedOf(view)
  const shrunk = { ...nothing, ...filled, condemned, surplus: shrink(view, condemned) }
  if (isOrdered(view.set) && condemned.length > 0) return shrunk
  return { ...shrunk, outdated: rollOut(view) }
}

type Filled = Pick<StatefulPlan, 'ended' | 'create' | 'pending' | 'restore'>

function fill(view: StatefulView): Filled & { wait: boolean } {
  const filled = { ended: [], create: [], pending: [], restore: [] } as {
    -readonly [K in keyof Filled]: Filled[K][number][]
  }
  for (const { ordinal, pod } of replicasOf(view)) {
    const blocks = fillOrdinal(view, ordinal, pod, filled)
    if (blocks && isOrdered(view.set)) return { ...filled, wait: true }
  }
  return { ...filled, wait: false }
}

/** Says whether those after it have to wait in an ordered set. */
function fillOrdinal(
  view: StatefulView,
  ordinal: number,
  pod: AnyPod | undefined,
  { ended, create, pending, restore }: { [K in keyof Filled]: Filled[K][number][] },
): boolean {
  if (!pod) {
    create.push({ ordinal, revision: revisionFor(view, ordinal) })
    return true
  }
  if (isPodTerminal(pod)) {
    if (!terminating(pod)) ended.push(pod)
    return true
  }
  if (pod.status.phase === 'Pending') pending.push(pod)
  if (isOrdered(view.set) && isUnavailable(view, pod)) return true
  restore.push(pod)
  return false
}

/** Ordinals below the partition are made from the revision that was rolled out last. */
function revisionFor({ set, currentRevision, updateRevision }: StatefulView, ordinal: number): string {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return updateRevision
  const start = set.spec.ordinals?.start ?? 0
  const kept = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status.currentReplicas ?? 0)
  return ordinal < start + kept ? currentRevision : updateRevision
}

/** An ordered set gives up the highest; unless that is what is wrong with the set, only when it is available. */
function shrink(view: StatefulView, condemned: readonly AnyPod[]): AnyPod[] {
  if (!isOrdered(view.set)) return condemned.filter((pod) => !terminating(pod))
  const [next] = condemned
  if (!next || terminating(next)) return []
  const firstUnavailable = condemned.findLast((pod) => isUnavailable(view, pod))
  return isAvailable(view, next) || next === firstUnavailable ? [next] : []
}

function rollOut(view: StatefulView): AnyPod[] {
  const { set } = view
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return []
  const targets = replicasOf(view).reverse()
  const updatable = targets.slice(0, Math.max(0, targets.length - (rollingUpdate?.partition ?? 0)))
  if (rollingUpdate?.maxUnavailable === undefined) return nextOutdated(view, updatable)
  return outdatedWithin(view, updatable, maxUnavailable(set) - countUnavailable(view))
}

const isOutdated = ({ updateRevision }: StatefulView, { metadata }: AnyPod): boolean =>
  metadata.labels?.[REVISION_LABEL] !== updateRevision

/** The highest old pod, available or not, once all above it are available. */
function nextOutdated(view: StatefulView, updatable: readonly Replica[]): AnyPod[] {
  for (const { pod } of updatable) {
    if (!pod) return []
    if (isOutdated(view, pod) && !terminating(pod)) return [pod]
    if (isUnavailable(view, pod)) return []
  }
  return []
}

/** With maxUnavailable (KEP-961) several go at once. */
function outdatedWithin(view: StatefulView, updatable: readonly Replica[], room: number): AnyPod[] {
  const old = updatable.flatMap(({ pod }) => (pod && isOutdated(view, pod) && !terminating(pod) ? [pod] : []))
  return old.slice(0, Math.max(0, room))
}

/** Broken pods of an older revision do not hold a parallel set's update back: it would never mend them. */
function countUnavailable(view: StatefulView): number {
  const spared = (pod: AnyPod): boolean =>
    !isOrdered(view.set) && isOutdated(view, pod) && !terminating(pod) && !isPodTerminal(pod)
  return replicasOf(view).filter(({ pod }) => !pod || (isUnavailable(view, pod) && !spared(pod))).length
}

/** A percentage counts of the replicas, rounded down; at least 1. */
export function maxUnavailable({ spec }: DeepReadonly<StatefulSet>): number {
  const value = spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1
  if (typeof value === 'number') return Math.max(1, value)
  return Math.max(1, Math.floor((Number.parseInt(value, 10) * (spec.replicas ?? 1)) / 100))
}
