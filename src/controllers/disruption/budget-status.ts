import type { Pod } from '../../api/types/core.v1.ts'
import type { Condition } from '../../api/types/meta.v1.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/types/policy.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isPodReady } from '../pod-state.ts'

type Budget = DeepReadonly<PodDisruptionBudget>
type Pods = readonly DeepReadonly<Pod>[]

/** How long an evicted pod may take to be deleted before it counts as staying. */
const DELETION_TIMEOUT_MS = 120_000

/** How many pods there should be, and how many of them healthy. */
export interface Expectation {
  readonly expectedPods: number
  readonly desiredHealthy: number
}

/** `scale` is what the pods' controllers ask for altogether; a whole `minAvailable` does not need it. */
export function expectation({ spec = {} }: Budget, pods: Pods, scale: () => number): Expectation {
  const { minAvailable = 0, maxUnavailable } = spec
  if (maxUnavailable !== undefined) {
    const expectedPods = scale()
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - partOf(expectedPods, maxUnavailable)) }
  }
  if (typeof minAvailable === 'number') return { expectedPods: pods.length, desiredHealthy: minAvailable }
  const expectedPods = scale()
  return { expectedPods, desiredHealthy: partOf(expectedPods, minAvailable) }
}

const partOf = (total: number, part: number | string): number =>
  typeof part === 'number' ? part : Math.ceil((Number.parseInt(part, 10) * total) / 100)

export interface Disrupted {
  /** Pods that were evicted and are still there: name → when. */
  readonly waiting: Readonly<Record<string, string>>
  /** Pods that should have been deleted by now. */
  readonly overdue: Pods
  /** When the first that waits is overdue; undefined when none does. */
  readonly recheckMs: number | undefined
}

/** What became of the pods that the eviction API has taken from the budget. */
export function disrupted({ status }: Budget, pods: Pods, nowMs: number): Disrupted {
  const left = (name: string): number => Date.parse(status?.disruptedPods?.[name] ?? '') + DELETION_TIMEOUT_MS - nowMs
  const named = pods.filter(
    ({ metadata }) => !metadata.deletionTimestamp && status?.disruptedPods?.[metadata.name] !== undefined,
  )
  const waiting = named.filter(({ metadata }) => left(metadata.name) >= 0)
  const names = waiting.map(({ metadata }) => metadata.name)
  return {
    waiting: Object.fromEntries(names.map((name) => [name, status?.disruptedPods?.[name] ?? ''])),
    overdue: named.filter((pod) => !waiting.includes(pod)),
    recheckMs: names.length > 0 ? Math.min(...names.map(left)) : undefined,
  }
}

/** The status that pods and expectation add up to. */
export function budgetStatus(
  budget: Budget,
  { expectedPods, desiredHealthy }: Expectation,
  pods: Pods,
  waiting: Disrupted['waiting'],
  nowMs: number,
): PodDisruptionBudgetStatus {
  const currentHealthy = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && !(pod.metadata.name in waiting) && isPodReady(pod),
  ).length
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0
  const reason = disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods'
  return {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(waiting).length > 0 && { disruptedPods: { ...waiting } }),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    conditions: withAllowed(budget, { allowed: disruptionsAllowed > 0, reason, message: '' }, nowMs),
  }
}

/** When the numbers cannot be found, nothing may be disrupted. */
export function failedStatus(budget: Budget, message: string, nowMs: number): PodDisruptionBudgetStatus {
  const { status } = budget
  return {
    ...(status as PodDisruptionBudgetStatus | undefined),
    observedGeneration: budget.metadata.generation ?? 0,
    disruptionsAllowed: 0,
    conditions: withAllowed(budget, { allowed: false, reason: 'SyncFailed', message }, nowMs),
  }
}

interface Verdict {
  readonly allowed: boolean
  readonly reason: string
  readonly message: string
}

function withAllowed({ metadata, status }: Budget, { allowed, reason, message }: Verdict, nowMs: number): Condition[] {
  const type = 'DisruptionAllowed'
  const present = status?.conditions?.find((condition) => condition.type === type)
  const others = (status?.conditions ?? []).filter((condition) => condition !== present)
  const value = allowed ? 'True' : 'False'
  const lastTransitionTime = present?.status === value ? present.lastTransitionTime : timestamp(nowMs)
  const observedGeneration = metadata.generation ?? 0
  return [
    ...others.map((condition) => ({ ...condition })),
    { type, status: value, observedGeneration, lastTransitionTime, reason, message },
  ]
}
