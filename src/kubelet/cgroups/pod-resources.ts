import { milliValue, unitValue } from '../../api/quantity.ts'
import type { ContainerSpec, PodView } from '../pods/pod.ts'
import { isSidecar } from '../pods/pod.ts'
import { quotaOf, sharesOf } from './cpu-shares.ts'
import { QosClass, qosClassOf } from './qos.ts'

/** Limits of a cgroup; what is undefined is not limited. */
export interface CgroupResources {
  readonly cpuShares?: number
  /** µs per 100 ms. */
  readonly cpuQuota?: number
  readonly memoryLimitBytes?: number
  readonly pidsLimit?: number
}

type Kind = 'requests' | 'limits'
const amountIn = { cpu: milliValue, memory: unitValue, 'ephemeral-storage': unitValue, pods: unitValue } as const

function amountOf(container: ContainerSpec, kind: Kind, resource: string): number {
  const text = container.resources?.[kind]?.[resource]
  if (text === undefined) return 0
  return (amountIn[resource as keyof typeof amountIn] ?? unitValue)(text)
}

/**
 * What a pod asks for in all: its ordinary containers and sidecars together, or more where an init container needs it
 * beside the sidecars started before; plus the overhead. CPU in thousandths, others in their unit.
 */
export function podTotal(pod: PodView, kind: Kind, resource: string): number {
  const own = pod.spec.resources?.[kind]?.[resource]
  const overhead = pod.spec.overhead?.[resource]
  const convert = amountIn[resource as keyof typeof amountIn] ?? unitValue
  const extra = overhead === undefined ? 0 : convert(overhead)
  return (own === undefined ? containersTotal(pod, kind, resource) : convert(own)) + extra
}

function containersTotal({ spec }: PodView, kind: Kind, resource: string): number {
  let sidecars = 0
  let peak = 0
  for (const container of spec.initContainers ?? []) {
    const amount = amountOf(container, kind, resource)
    if (isSidecar(container)) sidecars += amount
    peak = Math.max(peak, isSidecar(container) ? sidecars : sidecars + amount)
  }
  const running = spec.containers.reduce((sum, container) => sum + amountOf(container, kind, resource), sidecars)
  return Math.max(running, peak)
}

/** The limits of a pod's own cgroup: a limit holds for the pod when every container has one. */
export function podCgroupResources(pod: PodView): CgroupResources {
  if (qosClassOf(pod) === QosClass.BestEffort) return { cpuShares: sharesOf(0) }
  const shares = { cpuShares: sharesOf(podTotal(pod, 'requests', 'cpu')) }
  const cpu = isLimited(pod, 'cpu') ? { cpuQuota: quotaOf(podTotal(pod, 'limits', 'cpu')) } : {}
  const memory = isLimited(pod, 'memory') ? { memoryLimitBytes: podTotal(pod, 'limits', 'memory') } : {}
  return { ...shares, ...cpu, ...memory }
}

function isLimited({ spec }: PodView, resource: string): boolean {
  if (spec.resources?.limits?.[resource] !== undefined) return true
  return [...(spec.initContainers ?? []), ...spec.containers].every((one) => amountOf(one, 'limits', resource) > 0)
}
