import { aggregatedRules } from '../../api/rbac/aggregated-rules.ts'
import type { ClusterRole } from '../../api/types/rbac.v1.ts'
import type { New } from '../../client/client.ts'

/**
 * Gives aggregated roles their rules, so that they work before the loop first runs. They select one another (admin ⊃ edit
 * ⊃ view): passes go on until nothing changes, which each pass brings one level closer.
 */
export function fillAggregatedRoles(roles: readonly New<ClusterRole>[]): void {
  for (let changed = true; changed; ) {
    changed = false
    for (const role of roles.filter(({ aggregationRule }) => aggregationRule)) {
      const rules = aggregatedRules(role, roles)
      changed ||= rules.length !== (role.rules ?? []).length
      role.rules = rules
    }
  }
}
