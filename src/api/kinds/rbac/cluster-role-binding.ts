import { defineResource, NameRule, type PrinterColumn } from '../../resource.ts'
import type { ClusterRoleBinding } from '../../types/rbac.v1.ts'
import { collect } from '../validation/field-errors.ts'
import { bindingColumns, checkBinding, checkSameRole, defaultBinding } from './bindings.ts'

const SCOPE = { roleKinds: ['ClusterRole'], namespaced: false }

/** rbac.authorization.k8s.io/v1 ClusterRoleBinding. Upstream: pkg/apis/rbac, pkg/registry/rbac/clusterrolebinding. */
export const clusterRoleBindings = defineResource<ClusterRoleBinding>(
  'rbac.authorization.k8s.io/v1',
  'clusterrolebindings',
  {
    nameRule: NameRule.PathSegment,
    default: defaultBinding,
    validate: (binding) => collect((errors) => checkBinding(binding, SCOPE, errors)),
    validateUpdate: (binding, { old }) => collect((errors) => checkSameRole(binding, old, errors)),
    columns: bindingColumns as PrinterColumn<ClusterRoleBinding>[],
    generation: false,
    createOnUpdate: true,
  },
)
