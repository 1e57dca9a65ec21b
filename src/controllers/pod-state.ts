import type { Pod, PodCondition } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'

type AnyPod = DeepReadonly<Pod>

export function podCondition({ status }: AnyPod, type: string): DeepReadonly<PodCondition> | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

export function isPodReady(pod: AnyPod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True'
}

/** When the pod became ready, in ms; undefined while it is not. */
export function podReadySince(pod: AnyPod): number | undefined {
  const ready = podCondition(pod, 'Ready')
  return ready?.status === 'True' && ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) : undefined
}

/** Succeeded or Failed: its containers have ended and will not run again. */
export function isPodTerminal({ status }: AnyPod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** Counts as a replica: neither ended nor being deleted. */
export function isPodActive(pod: AnyPod): boolean {
  return !isPodTerminal(pod) && !pod.metadata.deletionTimestamp
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: AnyPod, minReadySeconds: number, now: number): boolean {
  if (!isPodReady(pod)) return false
  return minReadySeconds === 0 || msUntilAvailable(pod, minReadySeconds, now) === 0
}

/** How long a ready pod has to stay so to be available; undefined when it is not ready. */
export function msUntilAvailable(pod: AnyPod, minReadySeconds: number, now: number): number | undefined {
  const since = podReadySince(pod)
  return since === undefined ? undefined : Math.max(0, since + minReadySeconds * 1000 - now)
}
