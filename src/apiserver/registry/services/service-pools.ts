import { ipv4Range } from './ipv4.ts'
import { NumberPool } from './number-pool.ts'

export interface ServiceRanges {
  /** `10.96.0.0/12`. */
  readonly serviceCidr: string
  readonly nodePorts: { readonly first: number; readonly last: number }
}

/** The addresses and ports of which Services get theirs. */
export class ServicePools {
  readonly addresses: NumberPool
  readonly nodePorts: NumberPool
  /** As errors name them. */
  readonly cidr: string
  readonly portRange: string
  /** Where in each range the dynamic part begins: what is before is for those who name theirs (KEP-3070, KEP-3668). */
  readonly dynamicAddresses: number
  readonly dynamicNodePorts: number

  constructor({ serviceCidr, nodePorts: { first, last } }: ServiceRanges) {
    const range = ipv4Range(serviceCidr)
    const ports = last - first + 1
    this.addresses = new NumberPool(range.first, range.size)
    this.nodePorts = new NumberPool(first, ports)
    this.cidr = serviceCidr
    this.portRange = `${first}-${last}`
    this.dynamicAddresses = Math.min(Math.max(16, Math.floor(range.size / 16)), 256)
    this.dynamicNodePorts = ports < 16 ? 0 : Math.min(Math.max(16, Math.floor(ports / 32)), 128)
  }
}
