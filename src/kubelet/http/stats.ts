import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ContainerStats, CpuUsage, MemoryUsage } from '../cri/messages.ts'
import type { NodeUsage } from './node-usage.ts'

/** kubelet/pkg/apis/stats/v1alpha1, as far as the runtime tells. Times are RFC 3339, usage in nanocores and bytes. */
export interface StatsSummary {
  readonly node: { readonly nodeName: string; readonly startTime: string } & ReturnType<typeof usageOf>
  readonly pods: readonly PodStats[]
}

export interface PodStats {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string }
  readonly startTime: string
  readonly containers: readonly ({ readonly name: string; readonly startTime: string } & ReturnType<typeof usageOf>)[]
  readonly cpu: CpuStats
  readonly memory: MemoryStats
}

interface CpuStats {
  readonly time: string
  readonly usageNanoCores?: number
  readonly usageCoreNanoSeconds: number
}

interface MemoryStats {
  readonly time: string
  readonly workingSetBytes: number
  readonly usageBytes?: number
}

const POD_UID = 'io.kubernetes.pod.uid'
const CONTAINER_NAME = 'io.kubernetes.container.name'

export function statsSummary(
  nodeName: string,
  startedAt: string,
  usage: NodeUsage,
  pods: readonly DeepReadonly<Pod>[],
  containers: readonly ContainerStats[],
): StatsSummary {
  const byPod = Map.groupBy(containers, ({ attributes }) => attributes?.labels[POD_UID] ?? '')
  return {
    node: { nodeName, startTime: startedAt, cpu: usage.cpu, memory: usage.memory },
    pods: pods.flatMap((pod) => podStats(pod, byPod.get(pod.metadata.uid) ?? [])),
  }
}

function podStats({ metadata, status }: DeepReadonly<Pod>, containers: readonly ContainerStats[]): PodStats[] {
  if (containers.length === 0) return []
  const { name, namespace, uid } = metadata
  const startTime = status.startTime ?? metadata.creationTimestamp
  const each = containers.map((stats) => ({
    name: stats.attributes?.labels[CONTAINER_NAME] ?? '',
    startTime,
    ...usageOf(stats),
  }))
  const time = each[0]?.cpu.time ?? startTime
  const sum = (value: (entry: (typeof each)[number]) => number): number =>
    each.reduce((total, entry) => total + value(entry), 0)
  return [
    {
      podRef: { name, namespace, uid },
      startTime,
      containers: each,
      cpu: {
        time,
        usageNanoCores: sum(({ cpu }) => cpu.usageNanoCores ?? 0),
        usageCoreNanoSeconds: sum(({ cpu }) => cpu.usageCoreNanoSeconds),
      },
      memory: { time, workingSetBytes: sum(({ memory }) => memory.workingSetBytes) },
    },
  ]
}

function usageOf({ cpu, memory }: ContainerStats): { cpu: CpuStats; memory: MemoryStats } {
  return { cpu: cpuStats(cpu), memory: memoryStats(memory) }
}

function cpuStats(cpu: CpuUsage | null): CpuStats {
  const nano = cpu?.usageNanoCores?.value
  return {
    time: timeOf(cpu),
    ...(nano !== undefined && { usageNanoCores: nano }),
    usageCoreNanoSeconds: cpu?.usageCoreNanoSeconds?.value ?? 0,
  }
}

function memoryStats(memory: MemoryUsage | null): MemoryStats {
  return { time: timeOf(memory), workingSetBytes: memory?.workingSetBytes?.value ?? 0 }
}

/** The runtime's times are nanoseconds since the epoch. */
function timeOf(sample: { readonly timestamp: number } | null): string {
  return new Date((sample?.timestamp ?? 0) / 1e6).toISOString()
}
