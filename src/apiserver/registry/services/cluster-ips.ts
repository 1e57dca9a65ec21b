import type { IpFamily } from '../../../api/addresses/ip-address.ts'
import { invalid, invalidObject } from '../../../api/field-error.ts'
import { internalError } from '../../../api/status-error.ts'
import type { Service } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AddressAllocator, AddressOwner, AllocationMode } from './address-allocator.ts'
import { keepsPreference } from './ip-families.ts'
import { addressesOf, isHeadless, wantsAddress } from './service-spec.ts'

/** What a write means for the cluster IPs of a Service. */
export interface ClusterIpPlan {
  /** Places in `clusterIPs` to fill, or to take as they are named, in order. */
  readonly take: readonly { readonly index: number; readonly family: IpFamily }[]
  /** What goes back once the write is stored. */
  readonly release: readonly string[]
}

const NOTHING: ClusterIpPlan = { take: [], release: [] }

/** Upstream: updateClusterIPs. `service` has its families already. */
export function planClusterIps({ spec }: DeepReadonly<Service>, old: DeepReadonly<Service> | undefined): ClusterIpPlan {
  if (!old || !wantsAddress(old.spec)) return { take: takeAll(spec), release: [] }
  if (keepsPreference({ spec } as DeepReadonly<Service>, old) || isHeadless(old.spec)) return NOTHING
  if (!wantsAddress(spec)) return { take: [], release: addressesOf(old.spec) }
  const [before, now] = [old.spec.ipFamilies?.length ?? 0, spec.ipFamilies?.length ?? 0]
  if (before === 1 && now === 2) return { take: takeAll(spec).slice(1), release: [] }
  if (before === 2 && now === 1) return { take: [], release: addressesOf(old.spec).slice(1) }
  return NOTHING
}

function takeAll(spec: DeepReadonly<Service['spec']>): ClusterIpPlan['take'] {
  if (!wantsAddress(spec) || isHeadless(spec)) return []
  return (spec.ipFamilies ?? []).map((family, index) => ({ index, family: family as IpFamily }))
}

/**
 * Takes the addresses of the plan and writes them into the Service; gives what was taken. When one cannot be had all are
 * given back, and 422 or 500 is thrown in upstream's words.
 */
export async function takeClusterIps(
  service: Service,
  { take }: ClusterIpPlan,
  allocator: AddressAllocator,
  mode: AllocationMode,
): Promise<string[]> {
  if (take.length === 0) return []
  const { spec, metadata } = service
  const addresses = (spec.ipFamilies ?? []).map((_, index) => spec.clusterIPs?.[index] ?? '')
  const owner: AddressOwner = { namespace: metadata.namespace, name: metadata.name }
  const taken: string[] = []
  try {
    for (const { index, family } of take) {
      const named = addresses[index]
      const address = named
        ? await takeNamed(named, addresses, owner, allocator, mode)
        : await takeAny(family, owner, allocator, mode)
      taken.push(address)
      addresses[index] = address
    }
  } catch (error) {
    if (!mode.dryRun) await Promise.all(taken.map((address) => allocator.release(address)))
    throw error
  }
  spec.clusterIPs = addresses
  spec.clusterIP = addresses[0] as string
  return taken
}

async function takeNamed(
  address: string,
  addresses: readonly string[],
  owner: AddressOwner,
  allocator: AddressAllocator,
  mode: AllocationMode,
): Promise<string> {
  const refusal = await allocator.take(address, owner, mode)
  if (refusal === undefined) return address
  const error = invalid('spec.clusterIPs', [...addresses], `failed to allocate IP ${address}: ${refusal}`)
  throw invalidObject({ group: '', kind: 'Service' }, owner.name ?? '', [error])
}

async function takeAny(
  family: IpFamily,
  owner: AddressOwner,
  allocator: AddressAllocator,
  mode: AllocationMode,
): Promise<string> {
  const address = await allocator.takeAny(family, owner, mode)
  if (address === undefined) throw internalError('failed to allocate a serviceIP: range is full')
  return address
}
