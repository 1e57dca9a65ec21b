import { tolerates } from '../../api/scheduling/tolerations.ts'
import type { Node, Taint, Toleration } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

type Taints = readonly DeepReadonly<Taint>[]

export function noExecuteTaints({ spec }: DeepReadonly<Node>): Taints {
  return (spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
}

/**
 * How long a pod may stay on a node with these NoExecute taints, in ms: 0 when it has to go now, Infinity when it may stay.
 * Of several tolerations for a taint the first counts; of several taints the one tolerated for the shortest time.
 */
export function toleratedMs(taints: Taints, tolerations: readonly DeepReadonly<Toleration>[] = []): number {
  const times = taints.map((taint) => {
    const match = tolerations.find((toleration) => tolerates(toleration, taint))
    if (!match) return 0
    return match.tolerationSeconds === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(0, match.tolerationSeconds) * 1000
  })
  return Math.min(Number.POSITIVE_INFINITY, ...times)
}
