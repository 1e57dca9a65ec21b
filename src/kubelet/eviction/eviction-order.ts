import { podTotal } from '../cgroups/pod-resources.ts'
import type { PodView } from '../pods/pod.ts'

/** A pod and how much of the short resource it uses. */
export interface Candidate {
  readonly pod: PodView
  readonly usage: number
}

const CRITICAL_PRIORITY = 2_000_000_000

/**
 * Who goes first: pods that use more than they asked for, then by priority, then by how far they are beyond their request.
 * Critical pods are never evicted.
 */
export function evictionOrder(candidates: readonly Candidate[], resource: string): Candidate[] {
  const excess = ({ pod, usage }: Candidate): number => usage - podTotal(pod, 'requests', resource)
  const isOver = (candidate: Candidate): number => (excess(candidate) > 0 ? 0 : 1)
  const priority = ({ pod }: Candidate): number => pod.spec.priority ?? 0
  return candidates
    .filter((candidate) => priority(candidate) < CRITICAL_PRIORITY)
    .sort((a, b) => isOver(a) - isOver(b) || priority(a) - priority(b) || excess(b) - excess(a))
}
