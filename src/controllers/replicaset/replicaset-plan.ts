import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { byDeletionOrder } from '../deletion-rank.ts'
import { isPodActive, isPodAvailable, isPodReady, isPodTerminal, msUntilAvailable } from '../pod-state.ts'

/** Upstream: at most this many pods are made or removed in one go. */
const BURST = 500

export interface ReplicaPlan {
  readonly create: number
  readonly remove: readonly DeepReadonly<Pod>[]
}

/** How many pods to make, or which to remove. `related`: pods of sibling replica sets, which crowd nodes too. */
export function planReplicas(
  set: DeepReadonly<ReplicaSet>,
  owned: readonly DeepReadonly<Pod>[],
  related: readonly DeepReadonly<Pod>[],
  now: number,
): ReplicaPlan {
  const active = owned.filter(isPodActive)
  const missing = (set.spec.replicas ?? 1) - active.length
  if (missing >= 0) return { create: Math.min(missing, BURST), remove: [] }
  const perNode = Map.groupBy(related.filter(isPodActive), ({ spec }) => spec.nodeName ?? '')
  const rank = ({ spec }: DeepReadonly<Pod>): number => (spec.nodeName ? (perNode.get(spec.nodeName)?.length ?? 0) : 0)
  return { create: 0, remove: [...active].sort(byDeletionOrder(rank, now)).slice(0, Math.min(-missing, BURST)) }
}

/** What went wrong with the last attempt to make or remove pods. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete'
  readonly message: string
}

/** The status that the pods add up to. */
export function replicaSetStatus(
  set: DeepReadonly<ReplicaSet>,
  owned: readonly DeepReadonly<Pod>[],
  failure: ReplicaFailure | undefined,
  now: number,
): ReplicaSetStatus {
  const active = owned.filter(isPodActive)
  const templateLabels = Object.entries(set.spec.template?.metadata?.labels ?? {})
  const count = (matches: (pod: DeepReadonly<Pod>) => boolean): number => active.filter(matches).length
  const conditions = failureCondition(set, failure, now)
  return {
    replicas: active.length,
    fullyLabeledReplicas: count(({ metadata }) =>
      templateLabels.every(([key, value]) => metadata.labels?.[key] === value),
    ),
    readyReplicas: count(isPodReady),
    availableReplicas: count((pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)),
    terminatingReplicas: owned.filter((pod) => pod.metadata.deletionTimestamp && !isPodTerminal(pod)).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions }),
  }
}

function failureCondition(
  { status }: DeepReadonly<ReplicaSet>,
  failure: ReplicaFailure | undefined,
  now: number,
): ReplicaSetCondition[] {
  const present = (status.conditions ?? []) as DeepReadonly<ReplicaSetCondition>[]
  const others = present.filter(({ type }) => type !== 'ReplicaFailure').map((condition) => ({ ...condition }))
  if (!failure) return others
  const known = present.find(({ type, reason }) => type === 'ReplicaFailure' && reason === failure.reason)
  if (known) return [...others, { ...known }]
  return [...others, { type: 'ReplicaFailure', status: 'True', ...failure, lastTransitionTime: timestamp(now) }]
}

/** When the next ready pod will have been so for minReadySeconds; undefined when none is on its way. */
export function nextAvailabilityMs(
  { spec }: DeepReadonly<ReplicaSet>,
  owned: readonly DeepReadonly<Pod>[],
  now: number,
): number | undefined {
  const waits = owned.flatMap((pod) =>
    isPodActive(pod) ? (msUntilAvailable(pod, spec.minReadySeconds ?? 0, now) ?? []) : [],
  )
  const pending = waits.filter((ms) => ms > 0)
  return pending.length === 0 ? undefined : Math.min(...pending)
}

/** Equal in all that the controller writes. */
export function sameStatus(a: DeepReadonly<ReplicaSetStatus>, b: DeepReadonly<ReplicaSetStatus>): boolean {
  const counts = ({
    replicas,
    fullyLabeledReplicas,
    readyReplicas,
    availableReplicas,
    terminatingReplicas,
    observedGeneration,
  }: typeof a) =>
    [
      replicas ?? 0,
      fullyLabeledReplicas ?? 0,
      readyReplicas ?? 0,
      availableReplicas ?? 0,
      terminatingReplicas ?? 0,
      observedGeneration ?? 0,
    ].join()
  return counts(a) === counts(b) && JSON.stringify(a.conditions ?? []) === JSON.stringify(b.conditions ?? [])
}
