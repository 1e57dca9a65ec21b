import { only, sum } from '../../api/quota/amounts.ts'
import type { QuotaEvaluator } from '../../api/quota/evaluator.ts'
import { isInScope } from '../../api/quota/scopes.ts'
import type { ApiObject } from '../../api/resource.ts'
import type { ResourceQuota, ResourceQuotaStatus } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** The objects of one resource in the namespace of a quota. */
export interface Counted {
  readonly evaluator: QuotaEvaluator
  readonly objects: readonly DeepReadonly<ApiObject>[]
}

/** The status that a quota is to have: what of its limits is used, and what it said before of all that was not counted. */
export function statusOf(
  quota: DeepReadonly<ResourceQuota>,
  counted: readonly Counted[],
  now: number,
): ResourceQuotaStatus {
  const hard = { ...quota.spec?.hard }
  const names = Object.keys(hard)
  const fresh = counted.map((one) => usedOf(quota, one, names, now)).reduce(sum, {})
  return { hard, used: only({ ...quota.status?.used, ...fresh }, names) }
}

function usedOf(
  quota: DeepReadonly<ResourceQuota>,
  { evaluator, objects }: Counted,
  names: readonly string[],
  now: number,
): Record<string, string> {
  const own = names.filter((name) => evaluator.counts(name))
  const none: Record<string, string> = Object.fromEntries(own.map((name) => [name, '0']))
  return objects
    .filter((object) => isInScope(evaluator, quota, object))
    .reduce((total, object) => sum(total, only(evaluator.usage(object, now), own)), none)
}
