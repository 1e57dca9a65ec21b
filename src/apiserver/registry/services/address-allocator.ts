import { AddressRange } from '../../../api/addresses/address-range.ts'
import { familyOf, type IpFamily, parseAddress } from '../../../api/addresses/ip-address.ts'
import { FAMILY, MANAGED_BY, MANAGER } from '../../../api/addresses/managed.ts'
import { hasReason, Reason } from '../../../api/status-error.ts'
import type { IPAddress, ServiceCIDR } from '../../../api/types/networking.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { New } from '../../../client/client.ts'
import type { Client } from '../../../client/clientset.ts'
import type { ResourceStorage } from '../resource-storage.ts'

/** A Service, as an IPAddress names its parent. */
export interface AddressOwner {
  readonly namespace: string
  readonly name: string
}

export interface AddressAllocatorDeps {
  readonly client: Pick<Client, 'ipAddresses'>
  readonly serviceCidrs: ResourceStorage
  readonly ipAddresses: ResourceStorage
  readonly random?: () => number
}

/** How an allocation is to be made. On a dry run nothing is written. */
export interface AllocationMode {
  readonly dryRun: boolean
  readonly signal: AbortSignal
}

/** The object that says whose the address is; its name is the address, so that there can be only one. */
export function ipAddressObject(address: string, { namespace, name }: AddressOwner): New<IPAddress> {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: address, labels: { [FAMILY]: familyOf(address), [MANAGED_BY]: MANAGER } },
    spec: { parentRef: { resource: 'services', namespace, name } },
  }
}

/** Whether Services may get addresses of this ServiceCIDR; without a condition yes, as upstream. */
export function isReady({ metadata, status }: DeepReadonly<ServiceCIDR>): boolean {
  if (metadata.deletionTimestamp) return false
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return ready === undefined || ready.status === 'True'
}

/**
 * Gives out addresses of the ready ServiceCIDRs by creating IPAddress objects: whoever creates one has the address, also
 * among several API servers. Upstream: ipallocator.MetaAllocator.
 */
export class AddressAllocator {
  readonly #deps: AddressAllocatorDeps
  readonly #random: () => number

  constructor(deps: AddressAllocatorDeps) {
    this.#deps = deps
    this.#random = deps.random ?? Math.random
  }

  /** Takes this address. Gives why it cannot, in upstream's words, or undefined when it has. */
  async take(address: string, owner: AddressOwner, mode: AllocationMode): Promise<string | undefined> {
    const parsed = parseAddress(address)
    const ranges = await this.#ranges(mode)
    if (!parsed || !ranges.some((range) => range.contains(parsed))) {
      return 'the provided network does not match the current range'
    }
    return (await this.#claim(address, owner, mode)) ? undefined : 'provided IP is already allocated'
  }

  /** Takes any free address of the family; undefined when there is none. */
  async takeAny(family: IpFamily, owner: AddressOwner, mode: AllocationMode): Promise<string | undefined> {
    for (const range of await this.#ranges(mode)) {
      if (range.family !== family) continue
      for (const address of range.candidates(this.#random)) {
        if (!this.#isTaken(address) && (await this.#claim(address, owner, mode))) return address
      }
    }
    return undefined
  }

  /** Gives an address back; one that is free already stays so. */
  async release(address: string): Promise<void> {
    try {
      await this.#deps.client.ipAddresses.delete({ name: address })
    } catch (error) {
      if (!hasReason(error, Reason.NotFound)) throw error
    }
  }

  async #ranges({ signal }: AllocationMode): Promise<AddressRange[]> {
    const { serviceCidrs, ipAddresses } = this.#deps
    await Promise.all([serviceCidrs.freshen(signal), ipAddresses.freshen(signal)])
    const ready = [...serviceCidrs.cache.snapshot({})]
      .map((cached) => cached.object() as unknown as DeepReadonly<ServiceCIDR>)
      .filter(isReady)
    return ready
      .flatMap(({ spec }) => spec?.cidrs ?? [])
      .map((cidr) => AddressRange.parse(cidr))
      .filter((range) => range !== undefined)
  }

  #isTaken(address: string): boolean {
    const { cache, prefix } = this.#deps.ipAddresses
    return cache.get(prefix + address) !== undefined
  }

  /** False when somebody has it. */
  async #claim(address: string, owner: AddressOwner, { dryRun }: AllocationMode): Promise<boolean> {
    if (this.#isTaken(address)) return false
    if (dryRun) return true
    try {
      await this.#deps.client.ipAddresses.create(ipAddressObject(address, owner))
      return true
    } catch (error) {
      if (hasReason(error, Reason.AlreadyExists)) return false
      throw error
    }
  }
}
