import type { ContainerImage, NodeCondition, NodeStatus } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Image } from '../cri/messages.ts'
import { quantityOf } from '../environment/field-ref.ts'
import type { Machine } from './machine.ts'

export const KUBELET_VERSION = 'v1.36.0'
const MAX_PODS = 110
const MAX_IMAGES = 50
const MAX_NAMES_PER_IMAGE = 5
/** Kept from pods, so that eviction begins before the kernel has to: upstream's default hard thresholds. */
const MEMORY_RESERVE_BYTES = 100 * 1024 * 1024
const DISK_RESERVE = 0.1

export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure'

export interface NodeFacts {
  readonly nodeName: string
  readonly machine: Machine
  readonly diskBytes: number
  readonly addresses: readonly string[]
  /** Of the kubelet's HTTPS server. */
  readonly port: number
  /** As `containerd://1.7.0`. */
  readonly runtimeVersion: string
  readonly images: readonly Image[]
  readonly pressures: ReadonlySet<Pressure>
  /** Why the node is not ready: none when it is. */
  readonly problems: readonly string[]
  readonly runtimeHandlers: NodeStatus['runtimeHandlers']
  /** ms since the epoch. */
  readonly now: number
}

export type NodeCapacity = Readonly<Record<string, string>>

/** What the machine has. */
export function nodeCapacity({ cpus, memoryBytes, hugepages }: Machine, diskBytes: number): NodeCapacity {
  return {
    cpu: String(cpus),
    'ephemeral-storage': kibibytes(diskBytes),
    ...hugepageAmounts(hugepages),
    memory: kibibytes(memoryBytes),
    pods: String(MAX_PODS),
  }
}

/** What of it pods can have. */
export function nodeAllocatable(machine: Machine, diskBytes: number): NodeCapacity {
  const memory = machine.memoryBytes - MEMORY_RESERVE_BYTES
  return {
    ...nodeCapacity(machine, diskBytes),
    'ephemeral-storage': String(Math.trunc(diskBytes * (1 - DISK_RESERVE))),
    memory: kibibytes(memory),
  }
}

const kibibytes = (bytes: number): string => `${Math.trunc(bytes / 1024)}Ki`

function hugepageAmounts(hugepages: Machine['hugepages']): Record<string, string> {
  return Object.fromEntries(
    hugepages.map(({ size, count }) => {
      const bytes = Number.parseInt(size, 10) * (size.endsWith('GB') ? 1024 ** 3 : 1024 ** 2)
      return [`hugepages-${size.replace('B', 'i')}`, quantityOf(bytes * count, 'BinarySI')]
    }),
  )
}

/** The status of this node. Pure; conditions keep the time of their last change from `old`. */
export function nodeStatus(facts: NodeFacts, old: DeepReadonly<NodeCondition[]> | undefined): NodeStatus {
  const { machine, diskBytes, nodeName, addresses, port, runtimeVersion, runtimeHandlers } = facts
  return {
    capacity: { ...nodeCapacity(machine, diskBytes) },
    allocatable: { ...nodeAllocatable(machine, diskBytes) },
    conditions: nodeConditions(facts, old),
    addresses: [
      ...addresses.map((address) => ({ type: 'InternalIP' as const, address })),
      { type: 'Hostname' as const, address: nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      machineID: machine.machineID,
      systemUUID: machine.systemUUID,
      bootID: machine.bootID,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: runtimeVersion,
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: machine.architecture,
    },
    images: nodeImages(facts.images),
    ...(runtimeHandlers?.length && { runtimeHandlers }),
  }
}

/** The largest images first, each with a few of its names. */
export function nodeImages(images: readonly Image[]): ContainerImage[] {
  const sorted = [...images].sort((a, b) => b.size - a.size).slice(0, MAX_IMAGES)
  return sorted.map(({ repoDigests, repoTags, size }) => ({
    names: [...repoDigests, ...repoTags].slice(0, MAX_NAMES_PER_IMAGE),
    sizeBytes: size,
  }))
}

const PRESSURE_TEXTS = {
  MemoryPressure: {
    yes: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    no: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  },
  DiskPressure: {
    yes: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    no: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  },
  PIDPressure: {
    yes: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    no: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  },
} as const

function nodeConditions(
  { pressures, problems, now }: NodeFacts,
  old: DeepReadonly<NodeCondition[]> | undefined,
): NodeCondition[] {
  const condition = (
    type: string,
    status: 'True' | 'False',
    [reason, message]: readonly [string, string],
  ): NodeCondition => {
    const before = old?.find((one) => one.type === type)
    const kept = before?.status === status ? before.lastTransitionTime : undefined
    return {
      type,
      status,
      lastHeartbeatTime: timestamp(now),
      lastTransitionTime: kept ?? timestamp(now),
      reason,
      message,
    }
  }
  const pressed = (Object.keys(PRESSURE_TEXTS) as Pressure[]).map((type) =>
    pressures.has(type)
      ? condition(type, 'True', PRESSURE_TEXTS[type].yes)
      : condition(type, 'False', PRESSURE_TEXTS[type].no),
  )
  const why = problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]`
  const ready =
    problems.length === 0
      ? condition('Ready', 'True', ['KubeletReady', 'kubelet is posting ready status'])
      : condition('Ready', 'False', ['KubeletNotReady', why])
  return [...pressed, ready]
}
