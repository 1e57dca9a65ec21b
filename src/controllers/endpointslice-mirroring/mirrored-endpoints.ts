import { isIP } from 'node:net'
import type { EndpointAddress, EndpointSubset } from '../../api/types/core.v1.ts'
import type { Endpoint, EndpointPort } from '../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { EndpointGroup } from '../endpointslice/pod-endpoints.ts'
import { portsKey } from '../endpointslice/pod-endpoints.ts'

export type AddressFamily = 'IPv4' | 'IPv6'

export interface MirroredEndpoints {
  readonly groups: Readonly<Record<AddressFamily, readonly EndpointGroup[]>>
  /** Addresses that are no IP addresses. */
  readonly invalid: number
  /** Addresses left out, invalid ones included. */
  readonly skipped: number
}

interface Draft {
  readonly ports: EndpointPort[]
  readonly endpoints: Endpoint[]
}

/** What the slices of an Endpoints object hold: by family, those with equal ports together, at most `max` of a subset. */
export function mirroredEndpoints(subsets: readonly DeepReadonly<EndpointSubset>[], max: number): MirroredEndpoints {
  const drafts = { IPv4: new Map<string, Draft>(), IPv6: new Map<string, Draft>() }
  let [invalid, skipped] = [0, 0]
  for (const { addresses = [], notReadyAddresses = [], ports } of subsets) {
    const all = [...addresses.map(endpointOf(true)), ...notReadyAddresses.map(endpointOf(false))]
    const valid = all.filter(({ addresses: [ip = ''] }) => isIP(ip) !== 0)
    const taken = valid.slice(0, max)
    invalid += all.length - valid.length
    skipped += all.length - taken.length
    for (const endpoint of taken) draftFor(endpoint, ports, drafts).endpoints.push(endpoint)
  }
  return { groups: { IPv4: [...drafts.IPv4.values()], IPv6: [...drafts.IPv6.values()] }, invalid, skipped }
}

function draftFor(
  { addresses: [ip = ''] }: Endpoint,
  ports: DeepReadonly<EndpointSubset>['ports'],
  drafts: Readonly<Record<AddressFamily, Map<string, Draft>>>,
): Draft {
  const family = drafts[isIP(ip) === 6 ? 'IPv6' : 'IPv4']
  const slicePorts = (ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol !== undefined && { appProtocol }),
  }))
  const key = portsKey(slicePorts)
  const draft = family.get(key) ?? { ports: slicePorts, endpoints: [] }
  family.set(key, draft)
  return draft
}

const endpointOf =
  (ready: boolean) =>
  ({ ip, hostname, nodeName, targetRef }: DeepReadonly<EndpointAddress>): Endpoint => ({
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(targetRef && { targetRef: editable<NonNullable<Endpoint['targetRef']>>(targetRef) }),
    ...(nodeName !== undefined && { nodeName }),
  })
