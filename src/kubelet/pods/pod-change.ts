import type { PodView } from './pod.ts'
import { KUBELET_CONDITIONS } from './pod-conditions.ts'
import { equal } from './status-manager.ts'

/**
 * Whether a newer version of a pod is a reason to look at it: its specification, labels, annotations, deletion or a
 * condition that others write has changed. What merely repeats the status that we wrote is none.
 */
export function isReasonToLook(before: PodView, after: PodView): boolean {
  return !equal(whatMatters(before), whatMatters(after))
}

function whatMatters({ metadata, status }: PodView) {
  const { generation, labels, annotations, deletionTimestamp, deletionGracePeriodSeconds } = metadata
  const foreign = (status?.conditions ?? []).filter(({ type }) => !KUBELET_CONDITIONS.includes(type))
  return { generation, labels, annotations, deletionTimestamp, deletionGracePeriodSeconds, foreign }
}
