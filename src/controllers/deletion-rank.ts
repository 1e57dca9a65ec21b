import type { Pod } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { isPodReady, podReadySince } from './pod-state.ts'

type AnyPod = DeepReadonly<Pod>

/** Lower goes first. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/**
 * The order in which a replica set gives up pods: those that cost least first (upstream: ActivePodsWithRanks). `rank` is
 * how many related pods share a pod's node: crowded nodes give first. `now` in ms: ages compare by powers of two, so that
 * scaling down is fair among pods of about the same age.
 */
export function byDeletionOrder(rank: (pod: AnyPod) => number, now: number): (a: AnyPod, b: AnyPod) => number {
  return (a, b) =>
    unassignedFirst(a, b) ||
    phaseOrder(a) - phaseOrder(b) ||
    Number(isPodReady(a)) - Number(isPodReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    rank(b) - rank(a) ||
    youngestFirst(podReadySince(a), podReadySince(b), a, b, now) ||
    maxRestarts(b, false) - maxRestarts(a, false) ||
    maxRestarts(b, true) - maxRestarts(a, true) ||
    youngestFirst(Date.parse(a.metadata.creationTimestamp), Date.parse(b.metadata.creationTimestamp), a, b, now)
}

function unassignedFirst(a: AnyPod, b: AnyPod): number {
  return Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName))
}

const phaseOrder = ({ status }: AnyPod): number => PHASE_ORDER[status?.phase ?? ''] ?? 0

/** An annotation that is no 32-bit integer in canonical form counts as none. */
function deletionCost({ metadata }: AnyPod): number {
  const text = metadata.annotations?.[DELETION_COST] ?? '0'
  const cost = /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0
  return Math.abs(cost) < 2 ** 31 ? cost : 0
}

function youngestFirst(a: number | undefined, b: number | undefined, podA: AnyPod, podB: AnyPod, now: number): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  if (a === b) return 0
  const difference = magnitude(now - a) - magnitude(now - b)
  if (difference !== 0) return difference
  return podA.metadata.uid < podB.metadata.uid ? -1 : 1
}

/** The power of two of an age, in nanoseconds as upstream counts. */
const magnitude = (ageMs: number): number => (ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6)))

/** The most restarts of any container, among sidecars or among the others. */
function maxRestarts({ spec, status }: AnyPod, sidecars: boolean): number {
  const names = new Set(
    (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  )
  const statuses = sidecars
    ? (status?.initContainerStatuses ?? []).filter(({ name }) => names.has(name))
    : (status?.containerStatuses ?? [])
  return statuses.reduce((most, { restartCount }) => Math.max(most, restartCount), 0)
}
