import type { Node, Taint } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'

const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'
const NOT_READY = 'node.kubernetes.io/not-ready'
const UNREACHABLE = 'node.kubernetes.io/unreachable'

/** Which taint a condition stands for, by its status. */
const CONDITION_TAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
}
const MANAGED = new Set([UNSCHEDULABLE, ...Object.values(CONDITION_TAINTS).flatMap((taints) => Object.values(taints))])

type Key = Pick<Taint, 'key' | 'effect'>

/** Has the node a NoExecute taint of ours: if so, it follows the condition; a first one needs the zone's leave. */
export function isEmptying({ spec }: DeepReadonly<Node>): boolean {
  return (spec.taints ?? []).some((taint) => taint.effect === 'NoExecute' && isManaged(taint))
}

/**
 * The node's taints as its conditions and `spec.unschedulable` ask for, NoExecute among them only if `empty`; undefined
 * when they are so already.
 */
export function desiredTaints(node: DeepReadonly<Node>, empty: boolean, nowMs: number): Taint[] | undefined {
  const wanted = [...noSchedule(node), ...(empty ? noExecute(node) : [])]
  const present = editable<Taint[]>(node.spec.taints ?? [])
  const kept = present.filter((taint) => !isManaged(taint) || wanted.some((want) => same(want, taint)))
  const added = wanted.filter((want) => !present.some((taint) => same(want, taint)))
  if (added.length === 0 && kept.length === present.length) return undefined
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: timestamp(nowMs) }))]
}

const same = (a: Key, b: Key): boolean => a.key === b.key && a.effect === b.effect

/** PreferNoSchedule, and NoExecute for other keys, are for people to set. */
const isManaged = ({ key, effect }: Key): boolean =>
  (effect === 'NoSchedule' && MANAGED.has(key)) ||
  (effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE))

/** A node that has not said yet whether it is ready keeps the taint that it came with (admission puts it on). */
function noSchedule({ spec, status }: DeepReadonly<Node>): Key[] {
  const conditions = status?.conditions ?? []
  const keys = conditions.flatMap(({ type, status }) => CONDITION_TAINTS[type]?.[status] ?? [])
  const isSilent = !conditions.some(({ type }) => type === 'Ready')
  if (isSilent && spec.taints?.some((taint) => same(taint, { key: NOT_READY, effect: 'NoSchedule' })))
    keys.push(NOT_READY)
  if (spec.unschedulable) keys.push(UNSCHEDULABLE)
  return keys.map((key) => ({ key, effect: 'NoSchedule' }))
}

function noExecute({ status }: DeepReadonly<Node>): Key[] {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const key = ready && CONDITION_TAINTS.Ready?.[ready.status]
  return key ? [{ key, effect: 'NoExecute' }] : []
}
