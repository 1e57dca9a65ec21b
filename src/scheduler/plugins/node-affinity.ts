import { matchesPodsNodeRules, matchesTerm } from '../../api/scheduling/node-selector.ts'
import type { SchedulerPlugin } from '../plugin.ts'
import { pass, refuse, skip } from '../plugin.ts'

const mismatch = refuse("node(s) didn't match Pod's node affinity/selector", { final: true })

/** nodeSelector and node affinity. */
export const nodeAffinity: SchedulerPlugin<undefined> = {
  name: 'NodeAffinity',
  preFilter({ pod: { spec } }) {
    const wanted = spec.nodeSelector ?? spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    return wanted ? { kind: 'state', state: undefined } : skip
  },
  filter: ({ pod }, { node }) => (matchesPodsNodeRules(pod, node) ? pass : mismatch),
  score: {
    weight: 2,
    normalize: 'max-to-100',
    applies: ({ pod }) => preferences(pod).length > 0,
    of: ({ pod }, { node }) =>
      preferences(pod)
        .filter(({ preference }) => matchesTerm(preference, node))
        .reduce((sum, { weight }) => sum + weight, 0),
  },
  requeue(pod, event) {
    if (event.kind === 'node-added') return matchesPodsNodeRules(pod, event.node)
    if (event.kind !== 'node-updated') return false
    return matchesPodsNodeRules(pod, event.node) && !matchesPodsNodeRules(pod, event.old)
  },
}

type ScoredPod = Parameters<NonNullable<NonNullable<typeof nodeAffinity.score>['applies']>>[0]['pod']

function preferences({ spec }: ScoredPod) {
  return spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
}
