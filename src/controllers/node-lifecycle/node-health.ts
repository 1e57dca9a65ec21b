import type { Node, NodeCondition } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'

/** Upstream's `--node-monitor-grace-period` and `--node-startup-grace-period`. */
export const GRACE_MS = 50_000
export const STARTUP_GRACE_MS = 60_000

/** Conditions that the kubelet reports and that are unknown without it. */
const REPORTED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** How long the kubelet may be silent: longer until it has reported for the first time. */
export function graceMs({ status }: DeepReadonly<Node>): number {
  return status?.conditions?.some(({ type }) => type === 'Ready') ? GRACE_MS : STARTUP_GRACE_MS
}

/** The conditions of a node whose kubelet is silent; undefined when they say so already. */
export function silentConditions({ metadata, status }: DeepReadonly<Node>, nowMs: number): NodeCondition[] | undefined {
  const conditions = editable<NodeCondition[]>(status?.conditions ?? [])
  let changed = false
  for (const type of REPORTED) {
    const present = conditions.find((condition) => condition.type === type)
    if (present?.status === 'Unknown') continue
    changed = true
    if (present) Object.assign(present, unknown('NodeStatusUnknown', 'Kubelet stopped posting node status.', nowMs))
    else {
      const never = unknown('NodeStatusNeverUpdated', 'Kubelet never posted node status.', nowMs)
      conditions.push({ type, ...never, lastHeartbeatTime: metadata.creationTimestamp })
    }
  }
  return changed ? conditions : undefined
}

const unknown = (reason: string, message: string, nowMs: number) =>
  ({ status: 'Unknown', reason, message, lastTransitionTime: timestamp(nowMs) }) as const
