import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import type { ClusterRole, PolicyRule } from '../../api/types/rbac.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'

type AggregatedRole = Pick<DeepReadonly<ClusterRole>, 'aggregationRule'> & {
  readonly metadata: { readonly name?: string }
}
type SourceRole = Pick<DeepReadonly<ClusterRole>, 'rules'> & {
  readonly metadata: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> }
}

/**
 * The rules of an aggregated ClusterRole: those of every other role that one of its selectors selects, selector by
 * selector, roles by name, each rule once (upstream: the clusterrole-aggregation controller).
 */
export function aggregatedRules(role: AggregatedRole, all: readonly SourceRole[]): PolicyRule[] {
  const rules = new Map<string, PolicyRule>()
  const byName = [...all].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
  for (const labelSelector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = labelSelectorMatcher(labelSelector)
    for (const source of byName) {
      if (source.metadata.name === role.metadata.name || !selector.matches(source.metadata.labels)) continue
      for (const rule of source.rules ?? []) rules.set(JSON.stringify(rule), rule as PolicyRule)
    }
  }
  return [...rules.values()]
}

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
