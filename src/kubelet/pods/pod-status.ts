import type { PodCondition, PodStatus } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { editable } from '../../base/deep-readonly.ts'
import { qosClassOf } from '../cgroups/qos.ts'
import type { StatusFacts } from './container-statuses.ts'
import { containerStatuses } from './container-statuses.ts'
import type { PodStatusView, PodView } from './pod.ts'
import { isSidecar, isTerminal } from './pod.ts'
import { sandboxVerdict } from './pod-actions.ts'
import { KUBELET_CONDITIONS, podConditions, withTransitionTimes } from './pod-conditions.ts'
import { podPhase } from './pod-phase.ts'
import type { RuntimePod } from './runtime-pod.ts'
import { withUnknownEnds } from './unknown-ends.ts'

/** Why the kubelet itself ended a pod: eviction, deadline, refusal. Overrides what the containers say. */
export interface PodFailure {
  readonly reason: string
  readonly message: string
  /** Added to the pod's conditions: DisruptionTarget when it was evicted. */
  readonly condition?: PodCondition
}

export interface PodStatusInput {
  readonly pod: PodView
  /** The status known last: phases and times are kept from it. */
  readonly previous: PodStatusView
  readonly actual: RuntimePod
  readonly facts: StatusFacts
  readonly hostIPs: readonly string[]
  /** Nothing of the pod will be started again. */
  readonly terminating: boolean
  readonly failure: PodFailure | undefined
  /** ms since the epoch. */
  readonly now: number
}

/** The status of a pod as the API shows it. Pure: upstream's generateAPIPodStatus. */
export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, previous, actual, facts, hostIPs, failure, now } = input
  const observed = {
    init: initStatuses(input),
    ordinary: containerStatuses(pod, pod.spec.containers, previous.containerStatuses, actual, facts),
  }
  const phase = phaseOf(input, [...observed.init, ...observed.ordinary])
  const { init, ordinary } = input.terminating ? withUnknownEnds(observed) : observed
  const statuses = [...init, ...ordinary]
  const foreign = foreignConditions(pod, failure, now)
  const conditionFacts = { phase, statuses, foreign, hasSandbox: !sandboxVerdict(pod, actual).changed }
  const conditions = podConditions(pod, conditionFacts)
  const podIPs = pod.spec.hostNetwork ? hostIPs : addressesOf(actual, previous)
  const explained = failure ?? (phase === previous.phase ? previous : {})
  const { generation } = pod.metadata
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    conditions: [...foreign, ...withTransitionTimes(conditions, editable(pod.status?.conditions), timestamp(now))],
    ...(explained.message && { message: explained.message }),
    ...(explained.reason && { reason: explained.reason }),
    ...(hostIPs[0] && { hostIP: hostIPs[0], hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(podIPs[0] && { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) }),
    startTime: previous.startTime ?? timestamp(now),
    ...(init.length > 0 && { initContainerStatuses: [...init] }),
    containerStatuses: [...ordinary],
    qosClass: pod.status?.qosClass ?? qosClassOf(pod),
  }
}

/** An init container is ready when it has done its work; a sidecar, like an ordinary container, while it serves. */
function initStatuses({ pod, previous, actual, facts }: PodStatusInput) {
  const containers = pod.spec.initContainers ?? []
  const statuses = containerStatuses(pod, containers, previous.initContainerStatuses, actual, facts)
  return statuses.map((status, place) => {
    const container = containers[place]
    if (!container || isSidecar(container)) return status
    return { ...status, ready: status.state?.terminated?.exitCode === 0 }
  })
}

function phaseOf({ pod, previous, terminating, failure }: PodStatusInput, statuses: Parameters<typeof podPhase>[1]) {
  if (failure) return 'Failed'
  if (previous.phase && isTerminal(previous.phase)) return previous.phase
  return podPhase(pod, statuses, terminating)
}

function foreignConditions(pod: PodView, failure: PodFailure | undefined, now: number): PodCondition[] {
  const kept = (pod.status?.conditions ?? []).filter(({ type }) => !KUBELET_CONDITIONS.includes(type))
  const own = failure?.condition
  if (!own) return editable(kept) as PodCondition[]
  const rest = kept.filter(({ type }) => type !== own.type)
  return [
    ...(editable(rest) as PodCondition[]),
    ...withTransitionTimes([own], editable(kept) as PodCondition[], timestamp(now)),
  ]
}

/** A sandbox that has ended has no address any more: the API keeps the last. */
function addressesOf({ sandboxes }: RuntimePod, previous: PodStatusView): readonly string[] {
  const ips = sandboxes[0]?.ready ? sandboxes[0].ips : []
  return ips.length > 0 ? ips : (previous.podIPs ?? []).flatMap(({ ip }) => ip ?? [])
}
