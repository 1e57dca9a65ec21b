import type { NodeInfo } from '../cluster-state.ts'
import type { SchedulerPlugin } from '../plugin.ts'
import { MAX_SCORE } from '../plugin.ts'

/** Prefers nodes whose cpu and memory would be used to a like degree: a node full in one is of no use for the other. */
export const balancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  score: {
    weight: 1,
    applies: ({ requests }) => (requests.get('cpu') ?? 0) > 0 || (requests.get('memory') ?? 0) > 0,
    of({ requests }, node) {
      const fractions = ['cpu', 'memory'].flatMap((name) => fraction(node, name, requests.get(name) ?? 0))
      return Math.trunc((1 - spread(fractions)) * MAX_SCORE)
    },
  },
}

function fraction({ allocatable, requested }: NodeInfo, name: string, more: number): number[] {
  const all = allocatable.get(name) ?? 0
  return all === 0 ? [] : [Math.min(1, ((requested.get(name) ?? 0) + more) / all)]
}

/** The standard deviation; of two values half their distance. */
function spread(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length || 1))
}
