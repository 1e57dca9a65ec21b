import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../types/core.v1.ts'
import { isInteger } from './integer.ts'

/** Does a node match any term? Terms without requirements match nothing. */
export function matchesNodeSelector(
  { nodeSelectorTerms }: DeepReadonly<NodeSelector>,
  node: DeepReadonly<Node>,
): boolean {
  return nodeSelectorTerms.some((term) => matchesTerm(term, node))
}

/** All requirements of a term, on labels and on the name; a term without any matches nothing. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: DeepReadonly<NodeSelectorTerm>,
  { metadata }: DeepReadonly<Node>,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  const fields = { 'metadata.name': metadata.name }
  return (
    matchExpressions.every((requirement) => meets(requirement, metadata.labels ?? {})) &&
    matchFields.every((requirement) => meets(requirement, fields))
  )
}

function meets(
  { key, operator, values = [] }: DeepReadonly<NodeSelectorRequirement>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0])
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0])
    default:
      return false
  }
}

/** The pod's nodeSelector and required node affinity, together. */
export function matchesPodsNodeRules({ spec }: DeepReadonly<Pick<Pod, 'spec'>>, node: DeepReadonly<Node>): boolean {
  const labels = node.metadata.labels ?? {}
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return !required || matchesNodeSelector(required, node)
}
