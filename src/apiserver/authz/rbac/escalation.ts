import type { ApiObject } from '../../../api/resource.ts'
import { forbidden, notFound } from '../../../api/status-error.ts'
import type { AggregationRule, PolicyRule, RoleRef } from '../../../api/types/rbac.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { UserInfo } from '../../request.ts'
import { aggregateText } from '../aggregate-text.ts'
import type { Authorizer } from '../authorizer.ts'
import { goListText } from '../go-list-text.ts'
import { describeMissing, uncovered } from './covers.ts'
import type { RbacIndex } from './rbac-index.ts'
import type { Rule } from './rule-match.ts'

const GROUP = 'rbac.authorization.k8s.io'
const EVERYTHING: readonly Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

export type RbacPlural = 'roles' | 'clusterroles' | 'rolebindings' | 'clusterrolebindings'

/** A role or binding about to be stored, and who stores it. */
export interface RbacWrite {
  readonly user: UserInfo
  readonly plural: RbacPlural
  readonly namespace: string
  readonly name: string
  readonly object: ApiObject & { rules?: PolicyRule[]; aggregationRule?: AggregationRule; roleRef?: RoleRef }
  /** What is stored now; undefined on create. */
  readonly old: DeepReadonly<ApiObject> | undefined
}

export interface EscalationDeps {
  readonly index: RbacIndex
  readonly authorizer: Authorizer
}

/**
 * Nobody grants more than they have (upstream: the policybased registries). Throws 403, or 404 when a binding's role does
 * not exist. Passes: system:masters, the verbs `escalate` on the role and `bind` on the bound role, and updates that touch
 * owner references and finalizers only.
 */
export function refuseEscalation(write: RbacWrite, deps: EscalationDeps): void {
  if (write.user.groups.includes('system:masters')) return
  if (write.old && changesGarbageCollectionOnly(write.object, write.old)) return
  if (write.plural === 'roles' || write.plural === 'clusterroles') refuseStrongerRole(write, deps)
  else refuseStrongerBinding(write, deps)
}

function refuseStrongerRole(write: RbacWrite, deps: EscalationDeps): void {
  if (allowed('escalate', write, { plural: write.plural, name: write.name }, deps)) return
  const missing = refusal(write, write.object.rules ?? [], deps)
  if (missing !== undefined) throw forbidden({ group: GROUP, plural: write.plural }, write.name, missing)
  if (!write.object.aggregationRule || refusal(write, EVERYTHING, deps) === undefined) return
  const why = 'must have cluster-admin privileges to use an aggregationRule'
  throw forbidden({ group: GROUP, plural: write.plural }, write.name, why)
}

function refuseStrongerBinding(write: RbacWrite, deps: EscalationDeps): void {
  const { kind, name } = write.object.roleRef as RoleRef
  const plural = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (allowed('bind', write, { plural, name }, deps)) return
  const role = deps.index.resolve({ kind, name }, write.namespace)
  if ('missing' in role) throw notFound({ group: GROUP, plural }, name)
  const missing = refusal(write, role.rules, deps)
  if (missing !== undefined) throw forbidden({ group: GROUP, plural: write.plural }, write.name, missing)
}

function allowed(
  verb: 'bind' | 'escalate',
  { user, namespace }: RbacWrite,
  { plural, name }: { plural: string; name: string },
  { authorizer }: EscalationDeps,
): boolean {
  const request = { user, verb, group: GROUP, version: 'v1', resource: plural, subresource: '', namespace, name }
  return authorizer.authorize(request).verdict === 'allow'
}

/** Upstream's text of what the user lacks, or undefined when nothing. */
function refusal({ user, namespace }: RbacWrite, wanted: readonly Rule[], deps: EscalationDeps): string | undefined {
  const held = deps.index.rulesOf(user, namespace)
  const missing = uncovered(held.rules, wanted)
  if (missing.length === 0) return undefined
  const who = `user ${JSON.stringify(user.name)} (groups=${goListText(user.groups)})`
  const text = `${who} is attempting to grant RBAC permissions not currently held:\n${describeMissing(missing)}`
  return held.errors.length === 0 ? text : `${text}; resolution errors: ${aggregateText(held.errors)}`
}

/** The garbage collector may edit ownerReferences and finalizers of roles stronger than itself. */
function changesGarbageCollectionOnly(object: ApiObject, old: DeepReadonly<ApiObject>): boolean {
  const rest = ({ metadata, ...others }: DeepReadonly<ApiObject>) => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _fields, ...meta } = metadata
    return canonical({ ...others, metadata: meta })
  }
  return rest(object) === rest(old)
}

/** JSON with sorted keys: equal texts for equal objects. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
