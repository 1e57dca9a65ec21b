import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import { labelSelectorMatcher } from '../selector/labels.ts'
import type { ClusterRole, PolicyRule } from '../types/rbac.v1.ts'

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
      for (const rule of source.rules ?? []) rules.set(JSON.stringify(rule), editable<PolicyRule>(rule))
    }
  }
  return [...rules.values()]
}
