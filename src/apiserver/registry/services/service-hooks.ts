import type { Service } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import type { Finish, StorageHooks } from '../storage-hooks.ts'
import { Allocation } from './allocation.ts'
import { ipv4Number } from './ipv4.ts'
import { keepAllocated } from './keep-allocated.ts'
import { ServicePools, type ServiceRanges } from './service-pools.ts'
import { HEADLESS, nodePortsOf, wantsAddress } from './service-spec.ts'

/**
 * Gives Services their cluster IP and node ports and takes them back, from pools in memory that are rebuilt from the stored
 * Services at start. Upstream: registry/core/service/storage alloc.go, with its texts.
 */
export function serviceHooks(ranges: ServiceRanges): StorageHooks<Service> {
  const pools = new ServicePools(ranges)
  return {
    restore: (objects) => restore(pools, objects),
    beginCreate(service) {
      defaultFamilies(service)
      return allocate(pools, service, undefined)
    },
    beginUpdate(service, old) {
      keepAllocated(service, old)
      defaultFamilies(service)
      return allocate(pools, service, old)
    },
    afterDelete: ({ spec }) => release(pools, spec.clusterIP, nodePortsOf(spec)),
  }
}

/** What was taken goes back if the write fails; what `old` had and the service no longer wants, if it succeeds. */
function allocate(pools: ServicePools, service: Service, old: DeepReadonly<Service> | undefined): Finish {
  const had = old?.spec.clusterIP
  const portsBefore = old ? nodePortsOf(old.spec) : new Set<number>()
  const allocation = new Allocation(pools, service)
  try {
    if (!had) allocation.takeAddress() // a change of it is not allocated: validation refuses it
    allocation.takeNodePorts(portsBefore)
  } catch (error) {
    allocation.undo()
    throw error
  }
  return (stored) => {
    if (!stored) return allocation.undo()
    const portsNow = nodePortsOf(service.spec)
    release(pools, wantsAddress(service.spec) ? undefined : had, portsBefore.difference(portsNow))
  }
}

function release(pools: ServicePools, clusterIP: string | undefined, ports: Iterable<number>): void {
  const address = ipv4Number(clusterIP ?? '')
  if (address !== undefined) pools.addresses.release(address)
  for (const port of ports) pools.nodePorts.release(port)
}

function restore(pools: ServicePools, objects: Iterable<CachedObject>): void {
  for (const cached of objects) {
    const { spec } = cached.object() as unknown as DeepReadonly<Service>
    const address = ipv4Number(spec.clusterIP ?? '')
    if (address !== undefined) pools.addresses.take(address)
    for (const port of nodePortsOf(spec)) pools.nodePorts.take(port)
  }
}

/** There is one family here: IPv4. */
function defaultFamilies({ spec }: Service): void {
  if (!wantsAddress(spec)) return
  spec.ipFamilies ??= ['IPv4']
  spec.ipFamilyPolicy ??= 'SingleStack'
  if (spec.clusterIP === HEADLESS) spec.clusterIPs = [HEADLESS]
}
