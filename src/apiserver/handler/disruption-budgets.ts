import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import { forbidden, Reason, StatusError } from '../../api/status-error.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { Condition, StatusCause } from '../../api/types/meta.v1.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/types/policy.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import type { WriteContext } from '../request.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import type { HandlerDeps } from './deps.ts'
import { guardedWrite } from './guarded-write.ts'

type Budget = DeepReadonly<PodDisruptionBudget>

/** Evictions that the disruption controller has not confirmed yet; more are refused (upstream: MaxDisruptedPodSize). */
const MAX_DISRUPTED = 2000

const VIOLATED = "Cannot evict pod as it would violate the pod's disruption budget."

/** What the budgets say of an eviction that they do not refuse. */
export type BudgetVerdict =
  /** No budget covers the pod, or its budget has been told. */
  | { readonly kind: 'go' }
  /** The pod may go because it is not ready: delete it only if it has not changed since. */
  | { readonly kind: 'go-as-seen'; readonly budget: string }
  /** More than one budget covers the pod. */
  | { readonly kind: 'several' }

/**
 * Takes one disruption from the budget that covers the pod, and notes the pod in it; nothing is written on a dry run.
 * Throws 429 when the budget has none left. Upstream: EvictionREST.
 */
export async function askBudgets(
  pod: DeepReadonly<Pod>,
  { dryRun, signal }: WriteContext,
  deps: HandlerDeps,
): Promise<BudgetVerdict> {
  const storage = deps.registry.storage('policy', 'poddisruptionbudgets')
  const covering = storage ? await budgetsOf(storage, pod, signal) : []
  const [found] = covering
  if (!storage || !found) return { kind: 'go' }
  if (covering.length > 1) return { kind: 'several' }
  const budget = found.object() as Budget
  if (mayGoUnready(pod, budget)) return { kind: 'go-as-seen', budget: budget.metadata.name }
  await guardedWrite(storage, found.key, { signal }, async (current) => {
    if (!current) return
    const next = disrupt(current.object() as Budget, pod.metadata.name, deps.clock.now())
    if (dryRun) return
    next.metadata.resourceVersion = undefined as unknown as string
    await storage.replace(current, next)
  })
  return { kind: 'go' }
}

async function budgetsOf(
  storage: ResourceStorage,
  { metadata }: DeepReadonly<Pod>,
  signal: AbortSignal,
): Promise<CachedObject[]> {
  await storage.freshen(signal)
  return [...storage.cache.snapshot({ namespace: metadata.namespace })].filter((cached) => {
    const selector = labelSelectorMatcher((cached.object() as Budget).spec?.selector)
    return !selector.empty && selector.matches(metadata.labels ?? {})
  })
}

/** A pod that is not ready does not count as healthy, so it may go while enough others are, or always (KEP-3017). */
function mayGoUnready({ status }: DeepReadonly<Pod>, budget: Budget): boolean {
  if (status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True')) return false
  if (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
  return currentHealthy >= desiredHealthy && desiredHealthy > 0
}

/** The budget with one disruption less; throws when there is none. */
function disrupt(budget: Budget, podName: string, nowMs: number): PodDisruptionBudget {
  const { metadata, status } = budget
  const { name } = metadata
  const resource = { group: 'policy', plural: 'poddisruptionbudget' }
  const allowed = status?.disruptionsAllowed ?? 0
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessed(name)
  if (allowed < 0) throw forbidden(resource, name, 'pdb disruptions allowed is negative')
  if (Object.keys(status?.disruptedPods ?? {}).length > MAX_DISRUPTED) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller'
    throw forbidden(resource, name, why)
  }
  if (allowed === 0) throw tooManyRequests(whyNone(name, status), 0)
  const next = editable<PodDisruptionBudget>(budget)
  const nextStatus = next.status as PodDisruptionBudgetStatus
  nextStatus.disruptionsAllowed = allowed - 1
  nextStatus.disruptedPods = { ...nextStatus.disruptedPods, [podName]: timestamp(nowMs) }
  if (allowed === 1) noMoreAllowed(next, nowMs)
  return next
}

function whyNone(name: string, status: Budget['status']): string {
  const condition = status?.conditions?.find(({ type }) => type === 'DisruptionAllowed')
  if (condition?.reason === 'SyncFailed') {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${condition.message}`
  }
  const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {}
  return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
}

/** The condition follows the number at once, as the disruption controller would set it. */
function noMoreAllowed(budget: PodDisruptionBudget, nowMs: number): void {
  const status = budget.status as PodDisruptionBudgetStatus
  const type = 'DisruptionAllowed'
  const present = status.conditions?.find((condition) => condition.type === type)
  const lastTransitionTime = present?.status === 'False' ? present.lastTransitionTime : timestamp(nowMs)
  const observedGeneration = status.observedGeneration ?? 0
  const condition: Condition = {
    ...{ type, status: 'False', reason: 'InsufficientPods', message: '' },
    ...{ lastTransitionTime, observedGeneration },
  }
  status.conditions = [...(status.conditions ?? []).filter((one) => one !== present), condition]
}

/** 429: the budget's numbers are not those of its spec yet, or the pod is changing. */
export function stillProcessed(budget: string): StatusError {
  return tooManyRequests(`The disruption budget ${budget} is still being processed by the server.`, 10)
}

function tooManyRequests(why: string, retryAfterSeconds: number): StatusError {
  const causes: StatusCause[] = [{ reason: 'DisruptionBudget', message: why }]
  return new StatusError({
    code: 429,
    reason: Reason.TooManyRequests,
    message: VIOLATED,
    details: { causes, ...(retryAfterSeconds > 0 && { retryAfterSeconds }) },
  })
}
