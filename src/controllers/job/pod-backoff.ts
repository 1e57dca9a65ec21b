import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { podCondition } from '../pod-state.ts'

type AnyPod = DeepReadonly<Pod>

const FIRST_MS = 10_000
const LONGEST_MS = 600_000

/** When a pod ended, in ms: its last container, else its deletion, else its last readiness, else its creation. */
export function finishTime(pod: AnyPod): number {
  const ended = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  )
  if (ended.length > 0 && ended.every((time) => !Number.isNaN(time))) return Math.max(...ended)
  const { deletionTimestamp, creationTimestamp } = pod.metadata
  return Date.parse(deletionTimestamp ?? podCondition(pod, 'Ready')?.lastTransitionTime ?? creationTimestamp)
}

/**
 * How long to wait before a job makes its next pod: 10 s after the first failure since the last success, then doubling to
 * 10 min. Told from the pods that are there, so that it holds over a restart.
 */
export function backoffMs(succeeded: readonly AnyPod[], failed: readonly AnyPod[], now: number): number {
  const lastSuccess = Math.max(0, ...succeeded.map(finishTime))
  const failures = failed.map(finishTime).filter((time) => time > lastSuccess)
  return failures.length === 0 ? 0 : remainingMs(failures.length, Math.max(...failures), now)
}

/** What is left of the delay after so many failures, the last at `since`. */
export function remainingMs(failures: number, since: number, now: number): number {
  const delay = failures === 0 ? 0 : Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS)
  return Math.max(0, since + delay - now)
}
