import type { Node, NodeSelectorRequirement, Taint, Toleration } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { PodView } from './pod.ts'

type NodeView = DeepReadonly<Node>

/** Whether a node fits a pod's nodeSelector and required node affinity. */
export function fitsNodeSelector({ spec }: PodView, node: NodeView): boolean {
  const labels = node.metadata.labels ?? {}
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (!terms) return true
  const fields = { 'metadata.name': node.metadata.name }
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false
    return matchExpressions.every((one) => matches(one, labels)) && matchFields.every((one) => matches(one, fields))
  })
}

function matches(
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
      return value !== undefined && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0])
    default:
      return false
  }
}

/** Whether a pod tolerates all taints of a node that would put it out. */
export function toleratesNoExecute({ spec }: PodView, node: NodeView): boolean {
  const taints = (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
  return taints.every((taint) => (spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)))
}

function tolerates(
  { key, operator = 'Equal', value = '', effect }: DeepReadonly<Toleration>,
  taint: DeepReadonly<Taint>,
): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  if (operator === 'Exists') return true
  return Boolean(key) && value === (taint.value ?? '')
}
