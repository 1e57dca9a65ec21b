import type { Amounts } from '../../../../api/quota/amounts.ts'
import {
  amountsText,
  areEqual,
  difference,
  exceeding,
  negative,
  only,
  sum,
  withoutZeros,
} from '../../../../api/quota/amounts.ts'
import type { QuotaEvaluator } from '../../../../api/quota/evaluator.ts'
import { isInScope } from '../../../../api/quota/scopes.ts'
import type { ApiObject } from '../../../../api/resource.ts'
import type { ResourceQuota } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { AdmissionRequest } from '../../plugin.ts'
import { refuse } from '../../refuse.ts'

export type Quota = DeepReadonly<ResourceQuota>

/** A write and what counts it. */
export interface Charge {
  readonly request: AdmissionRequest
  readonly evaluator: QuotaEvaluator
  readonly now: number
}

/**
 * The quotas with what a write uses of them added; those that it does not concern are the same objects. Throws the refusal
 * when a quota does not allow it. Pure. Upstream: CheckRequest.
 */
export function charge(quotas: readonly Quota[], { request, evaluator, now }: Charge): readonly Quota[] {
  const object = request.object as ApiObject
  const concerned = quotas.filter((quota) => concerns(quota, evaluator, object))
  for (const quota of concerned) checkCountable(quota, evaluator, request)
  if (concerned.length === 0) return quotas
  const usage = evaluator.usage(object, now)
  refuseNegative(usage, request)
  const charged = new Map(concerned.map((quota) => [quota, withMore(quota, added(usage, quota), request)]))
  return quotas.map((quota) => charged.get(quota) ?? quota)

  /** An update is charged for what it uses more, if the quota counted it before. */
  function added(usage: Amounts, quota: Quota): Amounts {
    const { operation, old } = request
    if (operation !== 'UPDATE' || !old || !concerns(quota, evaluator, old)) return usage
    return difference(usage, evaluator.usage(old, now))
  }
}

/** The names that a quota limits, of those that the evaluator knows. */
const limitedNames = ({ status }: Quota, evaluator: QuotaEvaluator): string[] =>
  Object.keys(status?.hard ?? {}).filter((name) => evaluator.counts(name))

const concerns = (quota: Quota, evaluator: QuotaEvaluator, object: DeepReadonly<ApiObject>): boolean =>
  limitedNames(quota, evaluator).length > 0 && isInScope(evaluator, quota, object)

function checkCountable(quota: Quota, evaluator: QuotaEvaluator, request: AdmissionRequest): void {
  const { name } = quota.metadata
  const names = limitedNames(quota, evaluator)
  const missing = evaluator.missing?.(names, request.object as ApiObject)
  if (missing !== undefined) throw refuse(request, `failed quota: ${name}: ${missing}`)
  if (names.some((one) => quota.status?.used?.[one] === undefined)) {
    throw refuse(request, `status unknown for quota: ${name}, resources: ${names.sort().join(',')}`)
  }
}

function refuseNegative(usage: Amounts, request: AdmissionRequest): void {
  const names = negative(usage)
  if (names.length === 0) return
  throw refuse(request, `quota usage is negative for resource(s): ${names.sort().join(',')}`)
}

/** The status subresource only tells what is so already: it is counted and never refused. */
function withMore(quota: Quota, more: Amounts, request: AdmissionRequest): Quota {
  const { hard = {}, used = {} } = quota.status ?? {}
  const requested = only(withoutZeros(more), Object.keys(hard))
  const total = sum(used, requested)
  const exceeded = request.subresource === 'status' ? [] : exceeding(only(total, Object.keys(requested)), hard)
  if (exceeded.length > 0) {
    const text = (amounts: Amounts): string => amountsText(only(amounts, exceeded))
    const numbers = `requested: ${text(requested)}, used: ${text(used)}, limited: ${text(hard)}`
    throw refuse(request, `exceeded quota: ${quota.metadata.name}, ${numbers}`)
  }
  return areEqual(total, used) ? quota : { ...quota, status: { ...quota.status, used: total } }
}
