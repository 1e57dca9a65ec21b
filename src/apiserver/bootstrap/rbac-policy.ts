import { readFileSync } from 'node:fs'
import type {
  AggregationRule,
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../api/types/rbac.v1.ts'
import type { New } from '../../client/client.ts'

const API_VERSION = 'rbac.authorization.k8s.io/v1'
const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
/** An admin who sets it to `false` keeps the object as it is: nothing is reconciled. */
export const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate'

interface Entry {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Record<string, string>
  /** There only where this group is served, which is not by default. */
  readonly whereServed?: string
}

interface PolicyFile {
  readonly clusterRoles: (Entry & { rules: PolicyRule[]; aggregationRule?: AggregationRule })[]
  readonly clusterRoleBindings: (Entry & { subjects: Subject[]; roleRef: RoleRef })[]
  readonly roles: (Entry & { rules: PolicyRule[] })[]
  readonly roleBindings: (Entry & { subjects: Subject[]; roleRef: RoleRef })[]
}

/** Roles and bindings that every cluster has: upstream's v1.36 policy, and those of Navarch's own parts. */
export interface RbacPolicy {
  readonly clusterRoles: New<ClusterRole>[]
  readonly clusterRoleBindings: New<ClusterRoleBinding>[]
  readonly roles: New<Role>[]
  readonly roleBindings: New<RoleBinding>[]
}

/** Reads the policy anew (2 ms); callers own what they get. `served`: groups that are, beside those that always are. */
export function loadRbacPolicy(served: ReadonlySet<string> = new Set()): RbacPolicy {
  const isWanted = ({ whereServed }: Entry) => whereServed === undefined || served.has(whereServed)
  const file = JSON.parse(readFileSync(new URL('./data/rbac.json', import.meta.url), 'utf8')) as PolicyFile
  return {
    clusterRoles: file.clusterRoles.filter(isWanted).map((entry) => asObject<ClusterRole>('ClusterRole', entry)),
    clusterRoleBindings: file.clusterRoleBindings
      .filter(isWanted)
      .map((entry) => asObject<ClusterRoleBinding>('ClusterRoleBinding', entry)),
    roles: file.roles.map((entry) => asObject<Role>('Role', entry)),
    roleBindings: file.roleBindings.map((entry) => asObject<RoleBinding>('RoleBinding', entry)),
  }
}

/** The rules that every node is given alike: the Node authorizer applies them itself, since no binding does. */
export function nodeRules({ clusterRoles }: RbacPolicy): PolicyRule[] {
  return clusterRoles.find(({ metadata }) => metadata.name === 'system:node')?.rules ?? []
}

function asObject<T extends ClusterRole | ClusterRoleBinding | Role | RoleBinding>(kind: string, entry: Entry): New<T> {
  const { name, namespace, labels, whereServed: _whereServed, ...content } = entry
  const metadata = {
    name,
    ...(namespace && { namespace }),
    labels: { ...LABELS, ...labels },
    annotations: { [AUTO_UPDATE]: 'true' },
  }
  return { apiVersion: API_VERSION, kind, metadata, ...content } as unknown as New<T>
}
