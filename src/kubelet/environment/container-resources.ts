import { milliValue, unitValue } from '../../api/quantity.ts'
import { CPU_PERIOD_US, quotaOf, sharesOf } from '../cgroups/cpu-shares.ts'
import { oomScoreAdjust } from '../cgroups/qos.ts'
import type { LinuxContainerResources } from '../cri/messages.ts'
import type { ContainerSpec, PodView } from '../pods/pod.ts'

/** What the limits of a container depend on besides the pod. */
export interface ResourceHost {
  readonly memoryCapacityBytes: number
  readonly cgroupVersion: 1 | 2
  /** Sizes that the kernel offers, as CRI names them: `2MB`, `1GB`. */
  readonly hugepageSizes: readonly string[]
}

/** Requests and limits of a container as its runtime enforces them. */
export function containerResources(
  pod: PodView,
  container: ContainerSpec,
  host: ResourceHost,
): LinuxContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {}
  const cpuLimit = milliValue(limits.cpu ?? '0')
  const memoryLimit = unitValue(limits.memory ?? '0')
  return {
    cpuShares: sharesOf(requests.cpu === undefined ? cpuLimit : milliValue(requests.cpu)),
    cpuPeriod: CPU_PERIOD_US,
    cpuQuota: quotaOf(cpuLimit),
    ...(memoryLimit > 0 && { memoryLimitInBytes: memoryLimit }),
    oomScoreAdj: oomScoreAdjust(pod, container, host.memoryCapacityBytes),
    hugepageLimits: host.hugepageSizes.map((pageSize) => ({ pageSize, limit: hugepageLimit(limits, pageSize) })),
    // One process out of memory ends the container as a whole, rather than leave half of it.
    ...(host.cgroupVersion === 2 && { unified: { 'memory.oom.group': '1' } }),
  }
}

/** `2MB` is `hugepages-2Mi` in the API. */
function hugepageLimit(limits: Readonly<Record<string, string>>, pageSize: string): number {
  return unitValue(limits[`hugepages-${pageSize.replace('B', 'i')}`] ?? '0')
}
