import { hasReason, Reason } from '../../api/status-error.ts'
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../../api/types/rbac.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New, ResourceClient } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'
import { uncovered } from '../authz/rbac/covers.ts'
import { fillAggregatedRoles } from './aggregate-roles.ts'
import { AUTO_UPDATE, loadRbacPolicy } from './rbac-policy.ts'

type AnyRole = Role | ClusterRole
type AnyBinding = RoleBinding | ClusterRoleBinding

/**
 * Brings the default roles and bindings to what this version needs (upstream: the rbac/bootstrap-roles hook): creates
 * missing ones, adds missing rules, subjects, labels and annotations, and never takes away what an admin added. Objects
 * whose autoupdate annotation is `false` are left alone; a binding to another role is made anew. `served`: the groups that are.
 */
export async function reconcileRbac(client: Client, served: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
  const policy = loadRbacPolicy(served)
  fillAggregatedRoles(policy.clusterRoles)
  await Promise.all([
    ensureAll(client.clusterRoles, policy.clusterRoles, planRole, signal),
    ensureAll(client.roles, policy.roles, planRole, signal),
  ])
  await Promise.all([
    ensureAll(client.clusterRoleBindings, policy.clusterRoleBindings, planBinding, signal),
    ensureAll(client.roleBindings, policy.roleBindings, planBinding, signal),
  ])
}

/** What to do about an object that exists. */
type Plan<T> = { readonly kind: 'keep' } | { readonly kind: 'update' | 'replace'; readonly object: T }
type Planner<T extends AnyRole | AnyBinding> = (current: DeepReadonly<T>, wanted: New<T>) => Plan<T>

async function ensureAll<T extends AnyRole | AnyBinding>(
  resource: ResourceClient<T>,
  wanted: readonly New<T>[],
  plan: Planner<T>,
  signal: AbortSignal,
): Promise<void> {
  const { items } = await resource.list({ signal })
  const existing = new Map(items.map((object) => [keyOf(object.metadata), object]))
  await Promise.all(
    wanted.map((object) => ensure(resource, existing.get(keyOf(object.metadata)), object, plan, signal)),
  )
}

async function ensure<T extends AnyRole | AnyBinding>(
  resource: ResourceClient<T>,
  current: DeepReadonly<T> | undefined,
  wanted: New<T>,
  plan: Planner<T>,
  signal: AbortSignal,
): Promise<void> {
  if (!current) return createUnlessThere(resource, wanted, signal)
  const next = plan(current, wanted)
  if (next.kind === 'keep') return
  if (next.kind === 'update') {
    await resource.update(next.object, { signal })
    return
  }
  await resource.delete(current.metadata as { name: string; namespace?: string }, { signal })
  await resource.create(wanted, { signal })
}

/** Another server may have been faster: then its object is as good. */
async function createUnlessThere<T extends AnyRole | AnyBinding>(
  resource: ResourceClient<T>,
  wanted: New<T>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await resource.create(wanted, { signal })
  } catch (error) {
    if (!hasReason(error, Reason.AlreadyExists)) throw error
  }
}

/** How an existing role changes. An aggregated role's rules belong to the aggregation. */
export function planRole<T extends AnyRole>(current: DeepReadonly<T>, wanted: New<T>): Plan<T> {
  if (isProtected(current)) return { kind: 'keep' }
  const missing = 'aggregationRule' in wanted ? [] : uncovered(current.rules ?? [], wanted.rules ?? [])
  if (missing.length === 0 && !lacksMetadata(current, wanted)) return { kind: 'keep' }
  const object = withMetadata(current, wanted)
  if (missing.length > 0) object.rules = [...(object.rules ?? []), ...(missing as PolicyRule[])]
  return { kind: 'update', object }
}

/** How an existing binding changes; a roleRef cannot be changed, only replaced. */
export function planBinding<T extends AnyBinding>(current: DeepReadonly<T>, wanted: New<T>): Plan<T> {
  if (isProtected(current)) return { kind: 'keep' }
  const sameRole = current.roleRef.kind === wanted.roleRef.kind && current.roleRef.name === wanted.roleRef.name
  if (!sameRole) return { kind: 'replace', object: wanted as unknown as T }
  const held = new Set((current.subjects ?? []).map(subjectText))
  const missing = (wanted.subjects ?? []).filter((subject) => !held.has(subjectText(subject)))
  if (missing.length === 0 && !lacksMetadata(current, wanted)) return { kind: 'keep' }
  const object = withMetadata(current, wanted)
  object.subjects = [...(object.subjects ?? []), ...missing]
  return { kind: 'update', object }
}

type Described = {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

const isProtected = ({ metadata }: Described): boolean => metadata.annotations?.[AUTO_UPDATE] === 'false'

function lacksMetadata(current: Described, wanted: Described): boolean {
  const lacks = (have: Readonly<Record<string, string>> = {}, want: Readonly<Record<string, string>> = {}) =>
    Object.keys(want).some((key) => !(key in have))
  return (
    lacks(current.metadata.labels, wanted.metadata.labels) ||
    lacks(current.metadata.annotations, wanted.metadata.annotations)
  )
}

/** A copy with the labels and annotations that are wanted; those that are there win. */
function withMetadata<T extends AnyRole | AnyBinding>(current: DeepReadonly<T>, wanted: Described): T {
  const object = editable<T>(current)
  object.metadata.labels = { ...wanted.metadata.labels, ...object.metadata.labels }
  object.metadata.annotations = { ...wanted.metadata.annotations, ...object.metadata.annotations }
  return object
}

const subjectText = ({ kind, name, namespace = '' }: DeepReadonly<Subject>): string => `${kind}/${namespace}/${name}`
const keyOf = ({ name, namespace = '' }: { name?: string; namespace?: string }): string => `${namespace}/${name}`
