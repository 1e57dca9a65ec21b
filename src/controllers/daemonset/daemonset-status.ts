import type { DaemonSetStatus } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isPodAvailable, isPodReady, msUntilAvailable } from '../pod-state.ts'
import { REVISION_HASH } from './daemon-pod.ts'
import type { DaemonView } from './daemonset-plan.ts'

/** The status that the nodes add up to; on each node the first pod counts. */
export function daemonSetStatus({ set, nodes, hash, now }: DaemonView, collisionCount: number): DaemonSetStatus {
  const desired = nodes.filter(({ run }) => run)
  const pods = desired.flatMap(({ pods: [first] }) => (first ? [first] : []))
  const count = (matches: (pod: DeepReadonly<Pod>) => boolean): number => pods.filter(matches).length
  const available = count((pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now))
  return {
    currentNumberScheduled: pods.length,
    numberMisscheduled: nodes.filter((node) => !node.run && node.pods.length > 0).length,
    desiredNumberScheduled: desired.length,
    numberReady: count(isPodReady),
    observedGeneration: set.metadata.generation ?? 0,
    updatedNumberScheduled: count(({ metadata }) => metadata.labels?.[REVISION_HASH] === hash),
    numberAvailable: available,
    numberUnavailable: desired.length - available,
    ...((collisionCount > 0 || set.status.collisionCount !== undefined) && { collisionCount }),
    ...(set.status.conditions && { conditions: set.status.conditions.map((condition) => ({ ...condition })) }),
  }
}

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const

/** Equal in all that the controller writes. */
export function sameStatus(a: DeepReadonly<DaemonSetStatus>, b: DeepReadonly<DaemonSetStatus> | undefined): boolean {
  return COUNTS.every((field) => (a[field] ?? 0) === (b?.[field] ?? 0))
}

/** When the next ready pod will have been so for minReadySeconds; undefined when none is on its way. */
export function nextAvailabilityMs({ set, nodes, now }: DaemonView): number | undefined {
  const waits = nodes
    .flatMap(({ pods }) => pods.map((pod) => msUntilAvailable(pod, set.spec.minReadySeconds ?? 0, now) ?? 0))
    .filter((ms) => ms > 0)
  return waits.length > 0 ? Math.min(...waits) : undefined
}
