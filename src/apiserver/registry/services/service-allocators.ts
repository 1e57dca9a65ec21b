import { AddressRange } from '../../../api/addresses/address-range.ts'
import type { IpFamily } from '../../../api/addresses/ip-address.ts'
import { hasReason, Reason } from '../../../api/status-error.ts'
import type { Logger } from '../../../base/log.ts'
import type { Client } from '../../../client/clientset.ts'
import type { Store } from '../../../store/store.ts'
import type { Registry } from '../registry.ts'
import type { ResourceStorage } from '../resource-storage.ts'
import { AddressAllocator } from './address-allocator.ts'
import { PortAllocator } from './port-allocator.ts'
import type { PortRange } from './port-set.ts'

/** The addresses and ports that Services of a cluster get. */
export interface ServiceNetwork {
  /** One range, or one of each family; the first one's family is the default (upstream: --service-cluster-ip-range). */
  readonly cidrs: readonly string[]
  /** Upstream: --service-node-port-range. */
  readonly nodePorts: PortRange
}

export interface ServiceAllocatorsDeps {
  /** Acts as the API server itself. */
  readonly client: Client
  readonly registry: Registry
  readonly store: Store
  readonly log: Logger
}

/** The families that Services may have, the default first; throws for a range that is none. */
export function familiesOf({ cidrs }: ServiceNetwork): IpFamily[] {
  return cidrs.map((cidr) => {
    const range = AddressRange.parse(cidr)
    if (!range) throw new Error(`not a range of addresses for Services: ${cidr}`)
    return range.family
  })
}

/** Where Services get their addresses and node ports. */
export class ServiceAllocators {
  readonly families: readonly IpFamily[]
  readonly addresses: AddressAllocator
  readonly ports: PortAllocator
  readonly #deps: ServiceAllocatorsDeps
  /** Told when something may have leaked. */
  #suspicion: (() => void) | undefined

  constructor(network: ServiceNetwork, deps: ServiceAllocatorsDeps) {
    const { client, registry, store } = deps
    this.#deps = deps
    this.families = familiesOf(network)
    const [serviceCidrs, ipAddresses] = ['servicecidrs', 'ipaddresses'].map((plural) => storageOf(registry, plural))
    this.addresses = new AddressAllocator({
      client,
      serviceCidrs: serviceCidrs as ResourceStorage,
      ipAddresses: ipAddresses as ResourceStorage,
    })
    this.ports = new PortAllocator(store, network.nodePorts)
  }

  /** Gives back what nobody holds any more. Failures are left to the repair: the Service's write is done. */
  async release(addresses: readonly string[], ports: readonly number[]): Promise<void> {
    try {
      await Promise.all(addresses.map((address) => this.addresses.release(address)))
      if (ports.length > 0) {
        await this.ports.update((set) => {
          for (const port of ports) set.release(port)
        })
      }
    } catch (error) {
      this.#deps.log.warn('addresses and ports of a Service were not given back yet', { addresses, ports, error })
      this.suspect()
    }
  }

  /** A new Service of the same name must not meet the endpoints of the one before (upstream: afterDelete). */
  async deleteEndpoints(service: { readonly namespace: string; readonly name: string }): Promise<void> {
    try {
      await this.#deps.client.endpoints.delete(service)
    } catch (error) {
      if (hasReason(error, Reason.NotFound)) return
      this.#deps.log.warn('the endpoints of a Service were not deleted with it', { ...service, error })
    }
  }

  /** Something may be taken for a Service that does not exist. */
  suspect(): void {
    this.#suspicion?.()
  }

  /** Who looks after leaks. */
  onSuspicion(listener: () => void): void {
    this.#suspicion = listener
  }
}

function storageOf(registry: Registry, plural: string): ResourceStorage {
  const storage = registry.storage('networking.k8s.io', plural)
  if (!storage) throw new Error(`Services cannot get addresses: networking.k8s.io ${plural} are not served`)
  return storage
}
