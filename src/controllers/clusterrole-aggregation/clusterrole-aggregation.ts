import { isDeepStrictEqual } from 'node:util'
import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import type { ClusterRole, PolicyRule } from '../../api/types/rbac.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { keyOf } from '../../client/object-key.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { settled, watch } from '../controller.ts'

type Role = DeepReadonly<ClusterRole>

/** Keeps the rules of cluster roles with an aggregationRule equal to the union of the roles that it selects. */
export const clusterRoleAggregationController: Controller = {
  name: 'clusterrole-aggregation-controller',
  user: 'clusterrole-aggregation-controller',
  watches: [
    watch('clusterRoles', (_role, { listers }) =>
      listers.clusterRoles
        .list()
        .filter(({ aggregationRule }) => aggregationRule)
        .map(keyOf),
    ),
  ],
  reconcile,
}

async function reconcile(key: ObjectName, { client, listers, signal }: ReconcileDeps): Promise<Outcome> {
  const role = listers.clusterRoles.get(key)
  if (!role?.aggregationRule) return settled
  const rules = aggregatedRules(role, listers.clusterRoles.list())
  if (isDeepStrictEqual(rules, editable<ClusterRole>(role).rules ?? [])) return settled
  await client.clusterRoles.update({ ...editable<ClusterRole>(role), rules }, { signal })
  return settled
}

/** The rules of all selected roles by name, each rule once. */
export function aggregatedRules(role: Role, roles: readonly Role[]): PolicyRule[] {
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map(labelSelectorMatcher)
  const byName = roles.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const rules = new Map<string, PolicyRule>()
  for (const selector of selectors) {
    for (const other of byName) {
      if (other.metadata.name === role.metadata.name || !selector.matches(other.metadata.labels)) continue
      for (const rule of other.rules ?? []) rules.set(JSON.stringify(rule), editable<PolicyRule>(rule))
    }
  }
  return [...rules.values()]
}
