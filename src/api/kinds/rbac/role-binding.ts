import { defineResource, NameRule } from '../../resource.ts'
import type { RoleBinding } from '../../types/rbac.v1.ts'
import { collect } from '../validation/field-errors.ts'
import { bindingColumns, checkBinding, checkSameRole, defaultBinding } from './bindings.ts'

const SCOPE = { roleKinds: ['Role', 'ClusterRole'], namespaced: true }

/** rbac.authorization.k8s.io/v1 RoleBinding. Upstream: pkg/apis/rbac, pkg/registry/rbac/rolebinding. */
export const roleBindings = defineResource<RoleBinding>('rbac.authorization.k8s.io/v1', 'rolebindings', {
  nameRule: NameRule.PathSegment,
  default: defaultBinding,
  validate: (binding) => collect((errors) => checkBinding(binding, SCOPE, errors)),
  validateUpdate: (binding, { old }) => collect((errors) => checkSameRole(binding, old, errors)),
  columns: bindingColumns,
  generation: false,
  createOnUpdate: true,
})
