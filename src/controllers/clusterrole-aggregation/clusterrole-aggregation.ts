import { isDeepStrictEqual } from 'node:util'
import { aggregatedRules } from '../../api/rbac/aggregated-rules.ts'
import type { ClusterRole } from '../../api/types/rbac.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { keyOf } from '../../client/object-key.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { settled, watch } from '../controller.ts'

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
