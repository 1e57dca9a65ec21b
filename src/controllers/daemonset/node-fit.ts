import { matchesPodsNodeRules } from '../../api/scheduling/node-selector.ts'
import { toleratedBy } from '../../api/scheduling/tolerations.ts'
import type { Node, PodSpec } from '../../api/types/core.v1.ts'
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
  if (!matchesPodsNodeRules({ spec }, node)) return { run: false, keep: false }
  const repelled = (effect: string): boolean =>
    (node.spec?.taints ?? []).some((taint) => taint.effect === effect && !toleratedBy(taint, spec.tolerations))
  const keep = !repelled('NoExecute')
  return { run: keep && !repelled('NoSchedule'), keep }
}
