import { toleratedBy } from '../../api/scheduling/tolerations.ts'
import type { Pod, Taint, Toleration } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { SchedulerPlugin } from '../plugin.ts'
import { pass, refuse } from '../plugin.ts'

/** Taints keep pods away (NoSchedule, NoExecute) or make a node less liked (PreferNoSchedule). */
export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  filter({ pod }, { node }) {
    const taint = firstUntolerated(node.spec.taints, pod)
    return taint ? refuse('node(s) had untolerated taint(s)', { final: true }) : pass
  },
  score: {
    weight: 3,
    normalize: 'max-to-100-reversed',
    of({ pod }, { node }) {
      const soft = (node.spec.taints ?? []).filter(({ effect }) => effect === 'PreferNoSchedule')
      const tolerations = pod.spec.tolerations?.filter(concernsPreference)
      return soft.filter((taint) => !toleratedBy(taint, tolerations)).length
    },
  },
  requeue(pod, event) {
    if (event.kind === 'node-added') return !firstUntolerated(event.node.spec.taints, pod)
    if (event.kind === 'node-updated') {
      return (
        !firstUntolerated(event.node.spec.taints, pod) && firstUntolerated(event.old.spec.taints, pod) !== undefined
      )
    }
    return event.kind === 'pod-changed' && event.pod.metadata.uid === pod.metadata.uid
  },
}

function firstUntolerated(
  taints: readonly DeepReadonly<Taint>[] | undefined,
  pod: DeepReadonly<Pod>,
): DeepReadonly<Taint> | undefined {
  return taints?.find(
    ({ effect, ...taint }) => effect !== 'PreferNoSchedule' && !toleratedBy({ ...taint, effect }, pod.spec.tolerations),
  )
}

const concernsPreference = ({ effect }: DeepReadonly<Toleration>): boolean => !effect || effect === 'PreferNoSchedule'
