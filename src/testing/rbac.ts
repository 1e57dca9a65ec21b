import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../api/types/rbac.v1.ts'
import { RbacIndex } from '../apiserver/authz/rbac/rbac-index.ts'
import { FakeInformer } from './fake-informer.ts'

const GROUP = 'rbac.authorization.k8s.io'
const served = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }

/** Roles and bindings by hand: `namespace` absent makes cluster-wide ones. */
export class FakeRbac {
  readonly roles = new FakeInformer<Role>()
  readonly roleBindings = new FakeInformer<RoleBinding>()
  readonly clusterRoles = new FakeInformer<ClusterRole>()
  readonly clusterRoleBindings = new FakeInformer<ClusterRoleBinding>()
  readonly index = new RbacIndex(this)

  role(name: string, rules: PolicyRule[], namespace?: string): this {
    if (namespace) this.roles.put({ metadata: { ...served, name, namespace }, rules })
    else this.clusterRoles.put({ metadata: { ...served, name }, rules })
    return this
  }

  /** Binds `role` (a ClusterRole when it begins with `cluster:`) to subjects, in a namespace or everywhere. */
  bind(name: string, role: string, subjects: Subject[], namespace?: string): this {
    const isCluster = role.startsWith('cluster:')
    const kind = isCluster ? 'ClusterRole' : 'Role'
    const roleRef = { apiGroup: GROUP, kind, name: isCluster ? role.slice('cluster:'.length) : role }
    if (namespace) this.roleBindings.put({ metadata: { ...served, name, namespace }, roleRef, subjects })
    else this.clusterRoleBindings.put({ metadata: { ...served, name }, roleRef, subjects })
    return this
  }
}

export const userSubject = (name: string): Subject => ({ kind: 'User', apiGroup: GROUP, name })
export const groupSubject = (name: string): Subject => ({ kind: 'Group', apiGroup: GROUP, name })
