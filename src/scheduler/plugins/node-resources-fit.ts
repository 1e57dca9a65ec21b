import type { NodeInfo } from '../cluster-state.ts'
import type { SchedulerPlugin } from '../plugin.ts'
import { MAX_SCORE, pass } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import { amounts } from '../pod-info.ts'

/** Requests of all pods on a node stay within what it can give; emptier nodes are preferred (LeastAllocated). */
export const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  filter(info, node) {
    const lacking = insufficient(info, node)
    if (lacking.length === 0) return pass
    const final = lacking.every(({ never }) => never)
    return { ok: false, reasons: lacking.map(({ reason }) => reason), final }
  },
  score: {
    weight: 1,
    of: (info, node) => Math.trunc((free(info, node, 'cpu') + free(info, node, 'memory')) / 2),
  },
  requeue(_pod, event) {
    if (event.kind === 'node-updated') return grew(event)
    return event.kind === 'node-added' || event.kind === 'pod-gone' || event.kind === 'pod-shrunk'
  },
}

interface Lack {
  readonly reason: string
  /** The empty node would not do either. */
  readonly never: boolean
}

function insufficient({ requests }: PodInfo, { allocatable, requested, pods }: NodeInfo): Lack[] {
  const lacking: Lack[] = []
  if (pods.size + 1 > (allocatable.get('pods') ?? 0))
    lacking.push({ reason: 'Too many pods', never: (allocatable.get('pods') ?? 0) === 0 })
  for (const [name, amount] of requests) {
    const all = allocatable.get(name) ?? 0
    if (amount > 0 && amount > all - (requested.get(name) ?? 0))
      lacking.push({ reason: `Insufficient ${name}`, never: amount > all })
  }
  return lacking
}

function free({ scoreCpu, scoreMemory }: PodInfo, node: NodeInfo, resource: 'cpu' | 'memory'): number {
  const all = node.allocatable.get(resource) ?? 0
  const used = resource === 'cpu' ? node.scoreCpu + scoreCpu : node.scoreMemory + scoreMemory
  return all === 0 || used > all ? 0 : Math.trunc(((all - used) * MAX_SCORE) / all)
}

type NodeUpdate = Extract<Parameters<NonNullable<SchedulerPlugin['requeue']>>[1], { kind: 'node-updated' }>

function grew({ node, old }: NodeUpdate): boolean {
  const before = amounts(old.status.allocatable)
  return [...amounts(node.status.allocatable)].some(([name, amount]) => amount > (before.get(name) ?? 0))
}
