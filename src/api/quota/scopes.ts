import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ApiObject } from '../resource.ts'
import type { ResourceQuota } from '../types/core.v1.ts'
import type { QuotaEvaluator, ScopeRequirement } from './evaluator.ts'

/** Whether the object is of those that a quota means; one without scopes means all. */
export function isInScope(
  evaluator: QuotaEvaluator,
  { spec }: DeepReadonly<ResourceQuota>,
  object: DeepReadonly<ApiObject>,
): boolean {
  const scopes = (spec?.scopes ?? []).map((scopeName): ScopeRequirement => ({ scopeName, operator: 'Exists' }))
  const requirements = [...scopes, ...(spec?.scopeSelector?.matchExpressions ?? [])]
  return requirements.every((requirement) => evaluator.matchesScope(requirement, object))
}

/** Does the name of a class, which may be none, fit a requirement on it. */
export function matchesName({ operator, values = [] }: ScopeRequirement, name: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return name !== undefined && values.includes(name)
    case 'NotIn':
      return name === undefined || !values.includes(name)
    case 'Exists':
      return name !== undefined
    case 'DoesNotExist':
      return name === undefined
    default:
      return false
  }
}
