import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodSpec,
  Taint,
  Toleration,
} from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** Does a node get a daemon pod, and does one that is there stay. */
export interface NodeFit {
  readonly run: boolean
  readonly keep: boolean
}

/**
 * Judges a node as upstream's NodeShouldRunDaemonPod: name and node affinity decide both; an untolerated NoSchedule taint
 * only keeps new pods away, a NoExecute taint removes those that are there. Resources do not count: that is the scheduler's.
 */
export function nodeFit(spec: DeepReadonly<PodSpec>, node: DeepReadonly<Node>): NodeFit {
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return { run: false, keep: false }
  if (!matchesNodeRules(spec, node)) return { run: false, keep: false }
  const repelled = (effects: readonly string[]): boolean =>
    (node.spec?.taints ?? []).some((taint) => effects.includes(taint.effect) && !tolerated(taint, spec.tolerations))
  const keep = !repelled(['NoExecute'])
  return { run: keep && !repelled(['NoSchedule']), keep }
}

function matchesNodeRules({ nodeSelector, affinity }: DeepReadonly<PodSpec>, node: DeepReadonly<Node>): boolean {
  const labels = node.metadata.labels ?? {}
  if (!Object.entries(nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return !required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node))
}

function matchesTerm(
  { matchExpressions = [], matchFields = [] }: DeepReadonly<NodeSelectorTerm>,
  { metadata }: DeepReadonly<Node>,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  return (
    matchExpressions.every((requirement) => meets(requirement, metadata.labels?.[requirement.key])) &&
    matchFields.every((requirement) => requirement.key === 'metadata.name' && meets(requirement, metadata.name))
  )
}

function meets({ operator, values = [] }: DeepReadonly<NodeSelectorRequirement>, value: string | undefined): boolean {
  const [limit] = values
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
      return isInteger(value) && isInteger(limit) && Number(value) > Number(limit)
    case 'Lt':
      return isInteger(value) && isInteger(limit) && Number(value) < Number(limit)
    default:
      return false
  }
}

const isInteger = (text: string | undefined): boolean => text !== undefined && /^[+-]?\d+$/.test(text)

function tolerated(taint: DeepReadonly<Taint>, tolerations: DeepReadonly<Toleration[]> = []): boolean {
  return tolerations.some(({ key, operator, value, effect }) => {
    if ((effect && effect !== taint.effect) || (key && key !== taint.key)) return false
    return operator === 'Exists' || (Boolean(key) && (value ?? '') === (taint.value ?? ''))
  })
}
