import type { PodCondition, PodStatus } from '../../api/types/core.v1.ts'
import type { ContainerSpec, ContainerStatusView, PodView } from './pod.ts'
import { isSidecar } from './pod.ts'

/** The conditions that the kubelet writes, in the order upstream lists them; others are left alone. */
export const KUBELET_CONDITIONS: readonly string[] = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
]

type Verdict = Pick<PodCondition, 'status'> & Partial<Pick<PodCondition, 'reason' | 'message'>>

const TRUE: Verdict = { status: 'True' }

export interface ConditionFacts {
  readonly phase: NonNullable<PodStatus['phase']>
  /** Of all containers, init containers included. */
  readonly statuses: readonly ContainerStatusView[]
  readonly hasSandbox: boolean
  /** Conditions of the pod that others write. */
  readonly foreign: readonly PodCondition[]
}

/** All of the kubelet's conditions of a pod, without times. */
export function podConditions(pod: PodView, facts: ConditionFacts): PodCondition[] {
  const containersReady = containersReadyVerdict(pod, facts)
  const verdicts: Readonly<Record<string, Verdict>> = {
    PodReadyToStartContainers: { status: facts.hasSandbox ? 'True' : 'False' },
    Initialized: initializedVerdict(pod, facts),
    Ready: containersReady.status === 'True' ? readinessGates(pod, facts.foreign) : containersReady,
    ContainersReady: containersReady,
    PodScheduled: TRUE,
  }
  const { generation } = pod.metadata
  return KUBELET_CONDITIONS.map((type) => ({
    type,
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(verdicts[type] as Verdict),
  }))
}

/** Keeps the time of conditions whose status did not change, and sets `now` (RFC 3339) for the others. */
export function withTransitionTimes(
  conditions: readonly PodCondition[],
  old: readonly PodCondition[] | undefined,
  now: string,
): PodCondition[] {
  return conditions.map((condition) => {
    const before = old?.find(({ type }) => type === condition.type)
    const kept = before?.status === condition.status ? before.lastTransitionTime : undefined
    return { ...condition, lastTransitionTime: kept ?? now }
  })
}

function containersReadyVerdict(pod: PodView, { phase, statuses }: ConditionFacts): Verdict {
  const counted = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]
  const unknown = namesWhere(counted, statuses, (status) => status === undefined)
  const unready = namesWhere(counted, statuses, (status) => status !== undefined && !status.ready)
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  return verdictOf('ContainersNotReady', unknown, 'unready', unready)
}

function initializedVerdict(pod: PodView, { phase, statuses }: ConditionFacts): Verdict {
  const init = pod.spec.initContainers ?? []
  const unknown = namesWhere(init, statuses, (status) => status === undefined)
  const incomplete = namesWhere(
    init,
    statuses,
    (status, container) => status !== undefined && !isComplete(container, status),
  )
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' }
  if (hasAnyStarted(pod, statuses)) return TRUE
  return verdictOf('ContainersNotInitialized', unknown, 'incomplete', incomplete)
}

function isComplete(container: ContainerSpec, { started, state }: ContainerStatusView): boolean {
  return isSidecar(container) ? started === true : state?.terminated?.exitCode === 0
}

function hasAnyStarted({ spec }: PodView, statuses: readonly ContainerStatusView[]): boolean {
  return spec.containers.some(({ name }) => {
    const status = statuses.find((one) => one.name === name)
    return (
      status?.started === true || status?.state?.terminated !== undefined || status?.lastState?.terminated !== undefined
    )
  })
}

function namesWhere(
  containers: readonly ContainerSpec[],
  statuses: readonly ContainerStatusView[],
  holds: (status: ContainerStatusView | undefined, container: ContainerSpec) => boolean,
): string[] {
  const statusOf = ({ name }: ContainerSpec) => statuses.find((status) => status.name === name)
  return containers.filter((container) => holds(statusOf(container), container)).map(({ name }) => name)
}

function verdictOf(reason: string, unknown: readonly string[], what: string, lacking: readonly string[]): Verdict {
  const messages = [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(' ')}]`] : []),
    ...(lacking.length > 0 ? [`containers with ${what} status: [${lacking.join(' ')}]`] : []),
  ]
  return messages.length === 0 ? TRUE : { status: 'False', reason, message: messages.join(', ') }
}

/** KEP-580: conditions that others set and that the pod's readiness depends on too. */
function readinessGates({ spec }: PodView, foreign: readonly PodCondition[]): Verdict {
  const messages = (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = foreign.find(({ type }) => type === conditionType)
    if (!found) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    if (found.status === 'True') return []
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`]
  })
  return messages.length === 0
    ? TRUE
    : { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}
