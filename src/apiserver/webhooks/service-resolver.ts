import type { Service } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { type Address, endpointOf, type ServiceTarget } from '../aggregation/endpoint.ts'
import type { Registry } from '../registry/registry.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'

/** Where a Service can be reached now. Rejects in upstream's words (proxy.ResolveEndpoint) when it cannot. */
export type ServiceResolver = (target: ServiceTarget, signal: AbortSignal) => Promise<Address>

/** A resolver over the server's own Services and EndpointSlices: it takes a ready endpoint, chosen at random. */
export function serviceResolver(registry: Pick<Registry, 'storage'>): ServiceResolver {
  return async (target, signal) => {
    const services = await loaded(registry.storage('', 'services'), signal)
    const slices = await loaded(registry.storage('discovery.k8s.io', 'endpointslices'), signal)
    const endpoint = endpointOf(target, {
      services: {
        get: ({ namespace = '', name }) =>
          services.cache.get(services.key(namespace, name))?.object() as DeepReadonly<Service> | undefined,
      },
      endpointSlices: {
        list: (namespace = '') =>
          Array.from(slices.cache.snapshot({ namespace }), (slice) => slice.object() as DeepReadonly<EndpointSlice>),
      },
    })
    if ('address' in endpoint) return endpoint.address
    throw new Error(refusal(endpoint.reason, target))
  }
}

function refusal(reason: string, { name, port }: ServiceTarget): string {
  if (reason === 'ServiceNotFound') return `service ${JSON.stringify(name)} not found`
  if (reason === 'ServicePortError') return `no service port ${port} found for service ${JSON.stringify(name)}`
  return `no endpoints available for service ${JSON.stringify(name)}`
}

async function loaded(storage: ResourceStorage | undefined, signal: AbortSignal): Promise<ResourceStorage> {
  if (!storage) throw new Error('services are not served')
  await storage.freshen(signal)
  return storage
}
