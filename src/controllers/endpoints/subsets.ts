import { createHash } from 'node:crypto'
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isPodReady } from '../pod-state.ts'
import { belongsInEndpoints, familyOf, hostnameIn, podAddresses, portOnPod } from '../service-pods.ts'

/** More addresses than this do not go into one Endpoints object. */
export const MAX_ADDRESSES = 1000

interface Entry {
  readonly address: EndpointAddress
  readonly ready: boolean
  readonly ports: readonly EndpointPort[]
}

/** The subsets of a Service's Endpoints: addresses with the same ports and the same readiness per port stand together. */
export function endpointSubsets(service: DeepReadonly<Service>, pods: readonly DeepReadonly<Pod>[]): EndpointSubset[] {
  return repack(pods.flatMap((pod) => entryOf(service, pod)))
}

function entryOf(service: DeepReadonly<Service>, pod: DeepReadonly<Pod>): Entry[] {
  const publishAll = service.spec.publishNotReadyAddresses ?? false
  if (!belongsInEndpoints(pod, publishAll)) return []
  const family = service.spec.ipFamilies?.[0] ?? 'IPv4'
  const ip = podAddresses(pod).find((address) => familyOf(address) === family)
  if (ip === undefined) return []
  const address = addressOf(service, pod, ip)
  const ready = publishAll || isPodReady(pod)
  const wanted = service.spec.ports ?? []
  if (wanted.length === 0) return service.spec.clusterIP === 'None' ? [{ address, ready, ports: [] }] : []
  const ports = wanted.flatMap((port) => {
    const number = portOnPod(pod, port)
    if (number === undefined) return []
    const { name, protocol = 'TCP', appProtocol } = port
    return [{ ...(name && { name }), port: number, protocol, ...(appProtocol && { appProtocol }) }]
  })
  return ports.map((port) => ({ address, ready, ports: [port] }))
}

function addressOf(service: DeepReadonly<Service>, pod: DeepReadonly<Pod>, ip: string): EndpointAddress {
  const { namespace, name, uid } = pod.metadata
  const hostname = hostnameIn(pod, service)
  return {
    ip,
    ...(hostname && { hostname }),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  }
}

/** Joins what has the same ports, as upstream's RepackSubsets: first ports by address, then addresses by ports. */
function repack(entries: readonly Entry[]): EndpointSubset[] {
  const byAddress = Map.groupBy(entries, ({ address, ready }) =>
    JSON.stringify([address.ip, address.targetRef?.uid, ready]),
  )
  const joined = [...byAddress.values()].map((group) => {
    const { address, ready } = group[0] as Entry
    return { address, ready, ports: group.flatMap(({ ports }) => ports).sort(byPortHash) }
  })
  const byPorts = Map.groupBy(joined, ({ ports }) => JSON.stringify(ports))
  return [...byPorts].sort(([a], [b]) => compare(a, b)).map(([, group]) => subsetOf(group))
}

function subsetOf(group: readonly Entry[]): EndpointSubset {
  const addresses = (ready: boolean) =>
    group
      .filter((entry) => entry.ready === ready)
      .map(({ address }) => address)
      .sort(byAddressOrder)
  const [ready, notReady] = [addresses(true), addresses(false)]
  const ports = group[0]?.ports ?? []
  return {
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ...(ports.length > 0 && { ports: [...ports] }),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const byAddressOrder = (a: EndpointAddress, b: EndpointAddress): number =>
  Buffer.compare(Buffer.from(a.ip), Buffer.from(b.ip)) || compare(a.targetRef?.uid ?? '', b.targetRef?.uid ?? '')

/** Upstream orders ports by the MD5 of how Go prints the struct; the order is visible, so we do too. */
const byPortHash = (a: EndpointPort, b: EndpointPort): number => compare(portHash(a), portHash(b))

function portHash({ name = '', port, protocol = 'TCP', appProtocol }: EndpointPort): string {
  const app = appProtocol === undefined ? '<nil>' : appProtocol
  const text = `(v1.EndpointPort){Name:(string)${name} Port:(int32)${port} Protocol:(v1.Protocol)${protocol} AppProtocol:(*string)${app}}`
  return createHash('md5').update(text).digest('hex')
}

/** At most MAX_ADDRESSES, ready ones first, each subset shortened in proportion; with whether anything was left out. */
export function withinCapacity(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const total = (pick: 'addresses' | 'notReadyAddresses') =>
    subsets.reduce((sum, subset) => sum + (subset[pick]?.length ?? 0), 0)
  const [ready, notReady] = [total('addresses'), total('notReadyAddresses')]
  if (ready + notReady <= MAX_ADDRESSES) return { subsets, truncated: false }
  const readyLeft = shares(
    subsets.map(({ addresses = [] }) => addresses.length),
    Math.min(ready, MAX_ADDRESSES),
  )
  const rest = Math.max(0, MAX_ADDRESSES - ready)
  const notReadyLeft = shares(
    subsets.map(({ notReadyAddresses = [] }) => notReadyAddresses.length),
    rest,
  )
  const shortened = subsets.map(({ addresses, notReadyAddresses, ...subset }, index) => ({
    ...subset,
    ...(addresses && readyLeft[index] && { addresses: addresses.slice(0, readyLeft[index]) }),
    ...(notReadyAddresses &&
      notReadyLeft[index] && { notReadyAddresses: notReadyAddresses.slice(0, notReadyLeft[index]) }),
  }))
  return { subsets: shortened.filter((subset) => subset.addresses || subset.notReadyAddresses), truncated: true }
}

/** `capacity` divided in proportion to `sizes`; what rounding leaves goes to the first that have room. */
function shares(sizes: readonly number[], capacity: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const result = sizes.map((size) => (total === 0 ? 0 : Math.floor((size * capacity) / total)))
  let left = Math.min(capacity, total) - result.reduce((sum, share) => sum + share, 0)
  for (const [index, size] of sizes.entries()) {
    const extra = Math.min(left, size - (result[index] ?? 0))
    result[index] = (result[index] ?? 0) + extra
    left -= extra
  }
  return result
}
