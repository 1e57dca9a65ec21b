import type { Pod } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Diagnosis } from './schedule-pod.ts'

/** The message of the PodScheduled condition and of the FailedScheduling event, in upstream's words. */
export function diagnosisText(diagnosis: Diagnosis, pod: DeepReadonly<Pod>): string {
  const { nodeCount, overall } = diagnosis
  if (nodeCount === 0) return 'no nodes available to schedule pods'
  const reasons = overall ? overall.reasons.join(', ') : counted(diagnosis.reasons)
  return `${available(nodeCount, reasons)} no new claims to deallocate, preemption: ${preemptionText(diagnosis, pod)}`
}

const available = (nodeCount: number, reasons: string): string => `0/${nodeCount} nodes are available: ${reasons}.`

function counted(reasons: ReadonlyMap<string, number>): string {
  return [...reasons]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ')
}

function preemptionText({ nodeCount, finalCount }: Diagnosis, { spec }: DeepReadonly<Pod>): string {
  if (spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const helpless = new Map([
    ['No preemption victims found for incoming pod', nodeCount - finalCount],
    ['Preemption is not helpful for scheduling', finalCount],
  ])
  const present = new Map([...helpless].filter(([, count]) => count > 0))
  return available(nodeCount, counted(present))
}
