import type { Service } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Lister } from '../../client/informer.ts'

/** Which port of which Service an APIService names. */
export interface ServiceTarget {
  readonly namespace: string
  readonly name: string
  readonly port: number
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** Where a Service can be reached, or why not: reason and message of the condition Available. */
export type Endpoint = { readonly address: Address } | { readonly reason: string; readonly message: string }

export interface EndpointListers {
  readonly services: Lister<Service>
  readonly endpointSlices: Lister<EndpointSlice>
}

const SERVICE_NAME = 'kubernetes.io/service-name'

/**
 * A ready endpoint of a Service's port, chosen at random. Refusals have the words of upstream's availability controller.
 * A Service of type ExternalName is its name.
 */
export function endpointOf({ namespace, name, port }: ServiceTarget, listers: EndpointListers): Endpoint {
  const service = listers.services.get({ namespace, name })
  const called = `service/${name} in ${JSON.stringify(namespace)}`
  if (!service) return { reason: 'ServiceNotFound', message: `${called} is not present` }
  const { type, externalName, ports = [] } = service.spec ?? {}
  if (type === 'ExternalName') return { address: { host: externalName ?? '', port } }
  const found = ports.find((entry) => entry.port === port)
  if (!found) return { reason: 'ServicePortError', message: `${called} is not listening on port ${port}` }
  const slices = listers.endpointSlices
    .list(namespace)
    .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME] === name)
  if (slices.length === 0) {
    return { reason: 'EndpointsNotFound', message: `cannot find endpointslices for ${called}` }
  }
  const portName = found.name ?? ''
  const addresses = slices.flatMap((slice) => addressesOf(slice, portName))
  const address = addresses[Math.floor(Math.random() * addresses.length)]
  if (address) return { address }
  const message = `endpointslices for ${called} have no addresses with port name ${JSON.stringify(portName)}`
  return { reason: 'MissingEndpoints', message }
}

function addressesOf({ ports, endpoints }: DeepReadonly<EndpointSlice>, portName: string): Address[] {
  const port = ports?.find(({ name = '' }) => name === portName)?.port
  if (!port) return []
  const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false)
  return ready.flatMap(({ addresses }) => addresses.map((host) => ({ host, port })))
}
