import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource, NameRule } from '../../resource.ts'
import type { AggregationRule, ClusterRole } from '../../types/rbac.v1.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { checkPolicyRules } from './policy-rules.ts'

/** rbac.authorization.k8s.io/v1 ClusterRole. Upstream: pkg/apis/rbac, pkg/registry/rbac/clusterrole. */
export const clusterRoles = defineResource<ClusterRole>('rbac.authorization.k8s.io/v1', 'clusterroles', {
  nameRule: NameRule.PathSegment,
  validate: ({ rules, aggregationRule }) =>
    collect((errors) => {
      checkPolicyRules(rules, { namespaced: false }, errors)
      if (aggregationRule) checkAggregation(aggregationRule, errors)
    }),
  generation: false,
  createOnUpdate: true,
})

const SELECTORS = FieldPath.of('aggregationRule.clusterRoleSelectors')

function checkAggregation({ clusterRoleSelectors }: DeepReadonly<AggregationRule>, errors: FieldErrors): void {
  if (!clusterRoleSelectors?.length) {
    const why = 'at least one clusterRoleSelector required if aggregationRule is non-nil'
    return errors.required(SELECTORS, why)
  }
  clusterRoleSelectors.forEach((selector, index) => {
    const before = errors.count
    checkLabelSelector(selector, SELECTORS.index(index), errors)
    if (errors.count > before) errors.invalid(SELECTORS.index(index), selector, 'invalid label selector.')
  })
}
