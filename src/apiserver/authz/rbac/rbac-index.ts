import type {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../../api/types/rbac.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Informer, Lister } from '../../../client/informer.ts'
import type { UserInfo } from '../../request.ts'
import type { Grant } from './grants.ts'
import { groupKey, SubjectGrants, subjectKeys, userKey } from './grants.ts'
import type { Rule } from './rule-match.ts'

export interface RbacInformers {
  readonly roles: Informer<Role>
  readonly roleBindings: Informer<RoleBinding>
  readonly clusterRoles: Informer<ClusterRole>
  readonly clusterRoleBindings: Informer<ClusterRoleBinding>
}

type Binding = DeepReadonly<RoleBinding> | DeepReadonly<ClusterRoleBinding>
type SubjectIndex = ReadonlyMap<string, SubjectGrants>

/** What resolving a role reference gives: its rules, or the error that upstream names. */
type Resolved = { readonly rules: readonly Rule[] } | { readonly missing: string }

/**
 * Grants by scope and subject, compiled from roles and bindings on first use after a change. A change drops only what it
 * can affect: the namespace it is in, or everything for cluster roles. Never asks the API; answers from the informers.
 */
export class RbacIndex {
  readonly #listers: { [K in keyof RbacInformers]: Lister<RbacInformers[K] extends Informer<infer T> ? T : never> }
  #cluster: SubjectIndex | undefined
  readonly #namespaces = new Map<string, SubjectIndex>()

  constructor(informers: RbacInformers) {
    this.#listers = {
      roles: informers.roles.lister,
      roleBindings: informers.roleBindings.lister,
      clusterRoles: informers.clusterRoles.lister,
      clusterRoleBindings: informers.clusterRoleBindings.lister,
    }
    const inNamespace = ({ metadata }: { metadata: { namespace: string } }) => {
      this.#namespaces.delete(metadata.namespace)
    }
    const everywhere = () => {
      this.#cluster = undefined
      this.#namespaces.clear()
    }
    const clusterBindings = () => {
      this.#cluster = undefined
    }
    informers.roles.on({ added: inNamespace, updated: inNamespace, deleted: inNamespace })
    informers.roleBindings.on({ added: inNamespace, updated: inNamespace, deleted: inNamespace })
    informers.clusterRoles.on({ added: everywhere, updated: everywhere, deleted: everywhere })
    informers.clusterRoleBindings.on({ added: clusterBindings, updated: clusterBindings, deleted: clusterBindings })
  }

  /** The grants that apply to a user in a namespace (`''`: at cluster scope), cluster-wide ones first. */
  *grantsOf(user: UserInfo, namespace: string): Iterable<SubjectGrants> {
    const keys = subjectKeys(user)
    yield* pick(this.#clusterIndex(), keys)
    if (namespace !== '') yield* pick(this.#namespaceIndex(namespace), keys)
  }

  /** Every rule that a user holds in a namespace, and why some could not be found. */
  rulesOf(user: UserInfo, namespace: string): { rules: Rule[]; errors: string[] } {
    const rules: Rule[] = []
    const errors: string[] = []
    for (const subject of this.grantsOf(user, namespace)) {
      for (const grant of subject.grants) rules.push(...grant.rules)
      errors.push(...subject.missing)
    }
    return { rules, errors }
  }

  /** The rules that a role reference in a namespace (`''` for cluster bindings) stands for. */
  resolve({ kind, name }: DeepReadonly<RoleRef>, namespace: string): Resolved {
    const { roles, clusterRoles } = this.#listers
    const role = kind === 'ClusterRole' ? clusterRoles.get({ name }) : roles.get({ name, namespace })
    if (role) return { rules: role.rules ?? [] }
    return { missing: `${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found` }
  }

  #clusterIndex(): SubjectIndex {
    this.#cluster ??= this.#compile(this.#listers.clusterRoleBindings.list(), '')
    return this.#cluster
  }

  #namespaceIndex(namespace: string): SubjectIndex {
    const known = this.#namespaces.get(namespace)
    if (known) return known
    const index = this.#compile(this.#listers.roleBindings.list(namespace), namespace)
    this.#namespaces.set(namespace, index)
    return index
  }

  #compile(bindings: readonly Binding[], namespace: string): SubjectIndex {
    const grants = new Map<string, { grants: Grant[]; missing: string[] }>()
    const byName = [...bindings].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    for (const binding of byName) {
      const role = this.resolve(binding.roleRef, namespace)
      for (const subject of binding.subjects ?? []) {
        const key = subjectKey(subject, namespace)
        const entry = grants.get(key) ?? { grants: [], missing: [] }
        grants.set(key, entry)
        if ('missing' in role) entry.missing.push(role.missing)
        else entry.grants.push({ rules: role.rules, reason: reasonText(binding, subject, namespace) })
      }
    }
    return new Map([...grants].map(([key, entry]) => [key, new SubjectGrants(entry.grants, entry.missing)]))
  }
}

function* pick(index: SubjectIndex, keys: readonly string[]): Iterable<SubjectGrants> {
  for (const key of keys) {
    const grants = index.get(key)
    if (grants) yield grants
  }
}

/** A service account without a namespace is one of the binding's own namespace. */
function subjectKey({ kind, name, namespace }: DeepReadonly<Subject>, bindingNamespace: string): string {
  switch (kind) {
    case 'ServiceAccount':
      return userKey(`system:serviceaccount:${namespace || bindingNamespace}:${name}`)
    case 'Group':
      return groupKey(name)
    default:
      return userKey(name)
  }
}

function reasonText(binding: Binding, subject: DeepReadonly<Subject>, namespace: string): string {
  const { roleRef, metadata } = binding
  const source =
    namespace === ''
      ? `ClusterRoleBinding ${JSON.stringify(metadata.name)}`
      : `RoleBinding ${JSON.stringify(`${metadata.name}/${namespace}`)}`
  return `RBAC: allowed by ${source} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${describe(subject)}`
}

function describe({ kind, name, namespace }: DeepReadonly<Subject>): string {
  return kind === 'ServiceAccount'
    ? `ServiceAccount ${JSON.stringify(`${name}/${namespace ?? ''}`)}`
    : `${kind} ${JSON.stringify(name)}`
}
