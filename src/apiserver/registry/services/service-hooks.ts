import { keepAllocated, syncClusterIps } from '../../../api/kinds/core/service/keep-allocated.ts'
import type { Service } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import type { Finish, HookContext, StorageHooks } from '../storage-hooks.ts'
import { planClusterIps, takeClusterIps } from './cluster-ips.ts'
import { initFamilies } from './ip-families.ts'
import { applyNodePorts, type NodePortPlan, NodePortPlanner } from './node-ports.ts'
import type { ServiceAllocators } from './service-allocators.ts'
import { addressesOf, heldPorts } from './service-spec.ts'

/**
 * Gives Services their cluster IPs and node ports before they are stored and takes them back when they are not, or no
 * longer, needed. A crash in between leaves an address or port without a Service, which the repairs find.
 * Upstream: registry/core/service/storage, with its texts.
 */
export function serviceHooks(allocators: () => ServiceAllocators): StorageHooks<Service> {
  return {
    restore: (objects) => restorePorts(allocators(), objects),
    beginCreate(service, context) {
      syncClusterIps(service, undefined)
      return allocate(allocators(), service, undefined, context)
    },
    beginUpdate(service, old, context) {
      keepAllocated(service, old)
      syncClusterIps(service, old)
      return allocate(allocators(), service, old, context)
    },
    async afterDelete({ metadata, spec }) {
      const from = allocators()
      await from.deleteEndpoints(metadata)
      await from.release(addressesOf(spec), [...heldPorts(spec)])
    },
  }
}

async function allocate(
  allocators: ServiceAllocators,
  service: Service,
  old: DeepReadonly<Service> | undefined,
  context: HookContext,
): Promise<Finish | undefined> {
  initFamilies(service, old, allocators.families)
  const plan = planClusterIps(service, old)
  const addresses = await takeClusterIps(service, plan, allocators.addresses, context)
  let ports: NodePortPlan
  try {
    ports = await takeNodePorts(allocators, service, old, context)
  } catch (error) {
    if (!context.dryRun) await allocators.release(addresses, [])
    throw error
  }
  if (context.dryRun) return undefined
  return (outcome) => {
    switch (outcome) {
      case 'stored':
        return allocators.release(plan.release, ports.release)
      case 'refused':
        return allocators.release(addresses, ports.taken)
      case 'unknown':
        return allocators.suspect()
    }
  }
}

async function takeNodePorts(
  { ports }: ServiceAllocators,
  service: Service,
  old: DeepReadonly<Service> | undefined,
  { dryRun }: HookContext,
): Promise<NodePortPlan> {
  const planOf = (set: Awaited<ReturnType<typeof ports.peek>>): NodePortPlan => {
    const planner = new NodePortPlanner(service, set)
    return old ? planner.update(old) : planner.create()
  }
  const plan = await planned()
  applyNodePorts(service, plan)
  return plan

  async function planned(): Promise<NodePortPlan> {
    if (!needsPorts(service, old)) return { nodePorts: [], healthCheckNodePort: 0, taken: [], release: [] }
    return dryRun ? planOf(await ports.peek()) : ports.update(planOf)
  }
}

/** Most Services have nothing to do with node ports: then the store is not asked. */
const needsPorts = ({ spec }: DeepReadonly<Service>, old: DeepReadonly<Service> | undefined): boolean =>
  [spec.type, old?.spec.type].some((type) => type === 'NodePort' || type === 'LoadBalancer')

/** Ports of stored Services are taken, whatever the store says of them. */
async function restorePorts({ ports }: ServiceAllocators, objects: Iterable<CachedObject>): Promise<void> {
  const held = [...objects].flatMap((cached) => [
    ...heldPorts((cached.object() as unknown as DeepReadonly<Service>).spec),
  ])
  await ports.update((set) => {
    for (const port of held) set.take(port)
  })
}
