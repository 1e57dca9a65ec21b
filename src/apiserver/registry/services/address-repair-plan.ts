import type { AddressRange } from '../../../api/addresses/address-range.ts'
import { familyOf, parseAddress } from '../../../api/addresses/ip-address.ts'
import { FAMILY, isOfServices } from '../../../api/addresses/managed.ts'
import type { Service } from '../../../api/types/core.v1.ts'
import type { IPAddress } from '../../../api/types/networking.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { addressesOf } from './service-spec.ts'

/** What there is, as the repair sees it. */
export interface AddressView {
  readonly ranges: readonly AddressRange[]
  address(name: string): DeepReadonly<IPAddress> | undefined
  service(name: { readonly namespace: string; readonly name: string }): DeepReadonly<Service> | undefined
}

/** One thing to do; `warning` is told of the object that was looked at, with this reason. */
export interface RepairStep {
  /** `create` makes the IPAddress, `recreate` makes it anew, `remove` deletes it, `tell` only warns. */
  readonly action: 'create' | 'recreate' | 'remove' | 'tell'
  readonly address: string
  readonly warning?: { readonly reason: string; readonly message: string }
}

/** A new address may belong to a Service that is still being written (upstream: 60 s, the longest request). */
export const GRACE_MS = 60_000

/** What is wrong with the addresses of a Service. Upstream: syncService of ipallocator/controller. Pure. */
export function planServiceRepair(service: DeepReadonly<Service>, view: AddressView): RepairStep[] {
  return addressesOf(service.spec).flatMap((address) => serviceStep(service, address, view) ?? [])
}

function serviceStep(service: DeepReadonly<Service>, address: string, view: AddressView): RepairStep | undefined {
  const { namespace, name } = service.metadata
  const parsed = parseAddress(address)
  const what = `[${familyOf(address)}]: ${address}`
  const warn = (action: RepairStep['action'], reason: string, message: string): RepairStep => ({
    ...{ action, address, warning: { reason, message } },
  })
  if (!parsed)
    return warn('tell', 'ClusterIPNotValid', `Cluster IP ${address} is not a valid IP; please recreate Service`)
  if (!view.ranges.some((range) => range.contains(parsed))) {
    const message = `Cluster IP ${what} is not within any configured Service CIDR; please recreate service`
    return warn('tell', 'ClusterIPOutOfRange', message)
  }
  const object = view.address(address)
  if (!object) return warn('create', 'ClusterIPNotAllocated', `Cluster IP ${what} is not allocated; repairing`)
  const parent = object.spec?.parentRef
  const wrong = `the ClusterIP ${what} for Service ${namespace}/${name} has a wrong reference; repairing`
  if (!parent || parent.group || parent.resource !== 'services') return warn('recreate', 'ClusterIPNotAllocated', wrong)
  if (parent.namespace !== namespace || parent.name !== name) {
    const other = view.service({ namespace: parent.namespace ?? '', name: parent.name })
    if (!other) return warn('recreate', 'ClusterIPNotAllocated', wrong)
    if (!addressesOf(other.spec).includes(address)) return undefined
    const message = `Cluster IP [${familyOf(address)}]:${address} was assigned to multiple services; please recreate service`
    return warn('tell', 'ClusterIPAlreadyAllocated', message)
  }
  return hasLabels(object) ? undefined : { action: 'recreate', address }
}

function hasLabels(object: DeepReadonly<IPAddress>): boolean {
  return object.metadata.labels?.[FAMILY] === familyOf(object.metadata.name) && isOfServices(object)
}

/** Nothing to do now; look again in `after` ms if that is given. */
export interface LookAgain {
  readonly after?: number
}

/** What is wrong with an IPAddress that the allocator made; `now` in ms since the epoch. Upstream: syncIPAddress. Pure. */
export function planAddressRepair(
  object: DeepReadonly<IPAddress>,
  view: AddressView,
  now: number,
): RepairStep | LookAgain {
  const { metadata, spec } = object
  if (!isOfServices(object)) return {}
  const address = metadata.name
  const remove = (reason: string, message: string): RepairStep => ({
    ...{ action: 'remove', address, warning: { reason, message } },
  })
  const { group, resource, namespace = '', name = '' } = spec?.parentRef ?? { resource: '', name: '' }
  if (group || resource !== 'services') {
    const reference = `${resource}${group ? `.${group}` : ''} ${namespace}/${name}`
    const message = `IPAddress ${address} appears to have been modified, not referencing a Service ${reference}: cleaning up`
    return remove('IPAddressNotAllocated', message)
  }
  const service = view.service({ namespace, name })
  if (!service) {
    const age = now - Date.parse(metadata.creationTimestamp)
    if (age <= GRACE_MS) return { after: GRACE_MS - age + 1 }
    const message = `IPAddress: ${address} for Service ${namespace}/${name} appears to have leaked: cleaning up`
    return remove('IPAddressNotAllocated', message)
  }
  if (addressesOf(service.spec).includes(address)) return {}
  const message = `IPAddress: ${address} for Service ${namespace}/${name} has a wrong reference; cleaning up`
  return remove('IPAddressWrongReference', message)
}
