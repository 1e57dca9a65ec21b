import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { PolicyRule } from '../../types/rbac.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'

const RULES = FieldPath.of('rules')

/** The rules of a Role (`namespaced`) or ClusterRole. */
export function checkPolicyRules(
  rules: readonly DeepReadonly<PolicyRule>[] | null | undefined,
  { namespaced }: { namespaced: boolean },
  errors: FieldErrors,
): void {
  rules?.forEach((rule, index) => {
    checkRule(rule, namespaced, RULES.index(index), errors)
  })
}

function checkRule(rule: DeepReadonly<PolicyRule>, namespaced: boolean, at: FieldPath, errors: FieldErrors): void {
  if (!rule.verbs?.length) errors.required(at.child('verbs'), 'verbs must contain at least one value')
  if (rule.nonResourceURLs?.length) return checkUrls(rule, namespaced, at.child('nonResourceURLs'), errors)
  if (!rule.apiGroups?.length) {
    errors.required(at.child('apiGroups'), 'resource rules must supply at least one api group')
  }
  if (!rule.resources?.length) {
    errors.required(at.child('resources'), 'resource rules must supply at least one resource')
  }
}

function checkUrls(rule: DeepReadonly<PolicyRule>, namespaced: boolean, at: FieldPath, errors: FieldErrors): void {
  const urls = rule.nonResourceURLs
  if (namespaced) errors.invalid(at, urls, 'namespaced rules cannot apply to non-resource URLs')
  if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
    errors.invalid(at, urls, 'rules cannot apply to both regular resources and non-resource URLs')
  }
}
