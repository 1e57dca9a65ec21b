import type { Node, Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isPodTerminal } from '../pod-state.ts'

type AnyPod = DeepReadonly<Pod>

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'
/** Upstream looks every 20 s: what is being deleted has that long to end by itself. */
const PERIOD_MS = 20_000

/** The pods to remove so that no more than `threshold` that have ended remain: evicted ones first, then the oldest. */
export function excessPods(ended: readonly AnyPod[], threshold: number): readonly AnyPod[] {
  if (threshold <= 0 || ended.length <= threshold) return []
  const waiting = ended.filter((pod) => !isForced(pod))
  return waiting.toSorted(evictedThenOldest).slice(0, Math.max(0, ended.length - threshold))
}

function evictedThenOldest(a: AnyPod, b: AnyPod): number {
  const evicted = ({ status }: AnyPod): number => (status.reason === 'Evicted' ? 0 : 1)
  const age = ({ metadata }: AnyPod): string => `${metadata.creationTimestamp} ${metadata.name}`
  return evicted(a) - evicted(b) || (age(a) < age(b) ? -1 : 1)
}

/** Does not answer, and its administrator says that it is off for good (KEP-2268). */
export function isOutOfService({ spec, status }: DeepReadonly<Node>): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return ready?.status !== 'True' && (spec.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE)
}

/** When a pod that is being deleted has to be ended in place of a kubelet; undefined when that is not for us. */
export function msUntilForced(pod: AnyPod, node: DeepReadonly<Node> | undefined, nowMs: number): number | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata
  if (!deletionTimestamp || isForced(pod)) return undefined
  const nobody = !pod.spec.nodeName || (node && isOutOfService(node))
  if (!nobody) return undefined
  const asked = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  return Math.max(0, asked + PERIOD_MS - nowMs)
}

/** Ended and deleted without grace: all that could be done; finalizers hold it. */
function isForced(pod: AnyPod): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && isPodTerminal(pod)
}
