import { milliValue, unitValue } from '../../api/quantity.ts'
import type { ContainerSpec, PodView } from '../pods/pod.ts'
import { allContainers } from '../pods/pod.ts'

export const QosClass = { Guaranteed: 'Guaranteed', Burstable: 'Burstable', BestEffort: 'BestEffort' } as const
export type QosClass = (typeof QosClass)[keyof typeof QosClass]

const COUNTED = ['cpu', 'memory'] as const
type Amounts = Readonly<Record<string, string>> | undefined

/** The pod's quality-of-service class, from CPU and memory of all containers, or of the pod where it sets them itself. */
export function qosClassOf(pod: PodView): QosClass {
  const subjects = pod.spec.resources
    ? [pod.spec.resources]
    : allContainers(pod).map(({ resources }) => resources ?? {})
  const has = (amounts: Amounts, resource: string): boolean => positive(amounts?.[resource])
  if (!subjects.some(({ requests, limits }) => COUNTED.some((name) => has(requests, name) || has(limits, name)))) {
    return QosClass.BestEffort
  }
  const guaranteed = subjects.every(({ requests, limits }) =>
    COUNTED.every((name) => has(limits, name) && sameAmount(requests?.[name] ?? limits?.[name], limits?.[name])),
  )
  return guaranteed ? QosClass.Guaranteed : QosClass.Burstable
}

const positive = (amount: string | undefined): boolean => amount !== undefined && milliValue(amount) > 0

function sameAmount(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && milliValue(a) === milliValue(b))
}

const GUARANTEED_SCORE = -997
const BEST_EFFORT_SCORE = 1000
/** Priority of `system-node-critical`: what the node cannot live without. */
const NODE_CRITICAL_PRIORITY = 2_000_001_000

/** How readily the kernel kills a container's processes when memory runs out: −997 (hardly ever) to 1000 (first). */
export function oomScoreAdjust(pod: PodView, container: ContainerSpec, memoryCapacity: number): number {
  if ((pod.spec.priority ?? 0) >= NODE_CRITICAL_PRIORITY) return GUARANTEED_SCORE
  switch (qosClassOf(pod)) {
    case QosClass.Guaranteed:
      return GUARANTEED_SCORE
    case QosClass.BestEffort:
      return BEST_EFFORT_SCORE
    case QosClass.Burstable: {
      const request = unitValue(container.resources?.requests?.memory ?? '0')
      const score = Math.trunc(1000 - (1000 * request) / memoryCapacity)
      // Between the other classes, whatever the request.
      return Math.min(Math.max(score, 1000 + GUARANTEED_SCORE), BEST_EFFORT_SCORE - 1)
    }
  }
}
