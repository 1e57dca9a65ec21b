import { defineResource, NameRule } from '../../resource.ts'
import type { Role } from '../../types/rbac.v1.ts'
import { collect } from '../validation/field-errors.ts'
import { checkPolicyRules } from './policy-rules.ts'

/** rbac.authorization.k8s.io/v1 Role. Upstream: pkg/apis/rbac, pkg/registry/rbac/role. */
export const roles = defineResource<Role>('rbac.authorization.k8s.io/v1', 'roles', {
  nameRule: NameRule.PathSegment,
  validate: ({ rules }) => collect((errors) => checkPolicyRules(rules, { namespaced: true }, errors)),
  generation: false,
  createOnUpdate: true,
})
