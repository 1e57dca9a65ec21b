import type { Service } from '../api/types/core.v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Lister } from '../client/informer.ts'

/** What the names of the cluster are made from. */
export interface ClusterView {
  readonly services: Pick<Lister<Service>, 'get' | 'by'>
  readonly endpointSlices: Pick<Lister<EndpointSlice>, 'by'>
  namespaceExists(name: string): boolean
}

/** Indexes that the view needs: slices by `namespace/service`, both by IP address for PTR. */
export const SLICES_OF_SERVICE = 'dns-service'
export const BY_ADDRESS = 'dns-address'

export type RecordType = 'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME' | 'TXT' | 'SOA' | 'NS' | 'ANY' | (string & {})

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'NS'; readonly name: string; readonly data: string }
  | { readonly type: 'TXT'; readonly name: string; readonly data: string }
  | {
      readonly type: 'SRV'
      readonly name: string
      readonly data: { priority: number; weight: number; port: number; target: string }
    }

/**
 * What the cluster knows of a name: `none` – there is no such name (NXDOMAIN); `records` – the name exists, with these
 * records of the wanted type (none: NODATA) and addresses of the names they mention; `elsewhere` – not a cluster name.
 */
export type Lookup =
  | { readonly kind: 'none' }
  | { readonly kind: 'records'; readonly answers: readonly DnsRecord[]; readonly additionals: readonly DnsRecord[] }
  | { readonly kind: 'elsewhere' }

const NONE: Lookup = { kind: 'none' }
const found = (answers: readonly DnsRecord[], additionals: readonly DnsRecord[] = []): Lookup => ({
  kind: 'records',
  answers,
  additionals,
})

/**
 * Looks a lower-case name without trailing dot up in the cluster, by the Kubernetes DNS-Based Service Discovery
 * specification 1.1.0. Pod names (`10-1-2-3.namespace.pod`) answer for any address, as CoreDNS does with `pods insecure`.
 */
export function lookUp(name: string, type: RecordType, domain: string, view: ClusterView): Lookup {
  if (name.endsWith('.in-addr.arpa')) return reverse(name, domain, view)
  if (name !== domain && !name.endsWith(`.${domain}`)) return { kind: 'elsewhere' }
  const labels = name === domain ? [] : name.slice(0, -domain.length - 1).split('.')
  const kind = labels.at(-1)
  if (kind === 'svc') return serviceName(labels.slice(0, -1), { name, type, domain, view })
  if (kind === 'pod') return podName(labels.slice(0, -1), { name, type, domain, view })
  if (labels.length === 0) return found(type === 'NS' ? [{ type: 'NS', name, data: `ns.dns.${domain}` }] : [])
  if (name === `dns-version.${domain}`) return found(type === 'TXT' ? [{ type: 'TXT', name, data: '1.1.0' }] : [])
  return NONE
}

interface Query {
  readonly name: string
  readonly type: RecordType
  readonly domain: string
  readonly view: ClusterView
}

/** `[…, service, namespace]` under `svc`. */
function serviceName(labels: readonly string[], query: Query): Lookup {
  const namespace = labels.at(-1)
  if (namespace === undefined) return found([])
  if (!query.view.namespaceExists(namespace)) return NONE
  const name = labels.at(-2)
  if (name === undefined) return found([])
  const service = query.view.services.get({ namespace, name })
  if (!service) return NONE
  const rest = labels.slice(0, -2)
  if (service.spec.type === 'ExternalName') return rest.length === 0 ? externalName(service, query) : NONE
  if (rest.length === 2) return srvRecords(service, rest as [string, string], query)
  if (rest.length === 1) return endpointName(service, rest[0] as string, query)
  return rest.length === 0 ? plainService(service, query) : NONE
}

/** CNAME for every type of question; whoever asks follows it. */
function externalName({ spec }: DeepReadonly<Service>, { name }: Query): Lookup {
  return spec.externalName ? found([{ type: 'CNAME', name, data: spec.externalName }]) : NONE
}

function plainService(service: DeepReadonly<Service>, query: Query): Lookup {
  if (query.type === 'SRV') return srvOfAllPorts(service, query)
  if (!isHeadless(service)) return found(addressRecords(query.name, service.spec.clusterIPs ?? [], query.type))
  const addresses = servedEndpoints(service, query.view).flatMap(({ endpoint }) => endpoint.addresses)
  return addresses.length === 0 ? NONE : found(addressRecords(query.name, [...new Set(addresses)], query.type))
}

function endpointName(service: DeepReadonly<Service>, label: string, { name, type, view }: Query): Lookup {
  if (!isHeadless(service)) return NONE
  const matching = servedEndpoints(service, view).filter(({ endpoint }) => endpointLabel(endpoint) === label)
  if (matching.length === 0) return NONE
  return found(addressRecords(name, [...new Set(matching.flatMap(({ endpoint }) => endpoint.addresses))], type))
}

/** `_port._protocol.service.namespace.svc`. */
function srvRecords(service: DeepReadonly<Service>, [port, protocol]: readonly [string, string], query: Query): Lookup {
  if (!port.startsWith('_') || !protocol.startsWith('_')) return NONE
  const wanted = { port: port.slice(1), protocol: protocol.slice(1) }
  const targets = srvTargets(service, query).filter(
    (target) => target.portName === wanted.port && target.protocol === wanted.protocol,
  )
  return targets.length === 0 ? NONE : srvAnswer(targets, query)
}

function srvOfAllPorts(service: DeepReadonly<Service>, query: Query): Lookup {
  return srvAnswer(srvTargets(service, query), query)
}

interface SrvTarget {
  readonly portName: string
  readonly protocol: string
  readonly port: number
  readonly target: string
  readonly addresses: readonly string[]
}

function srvTargets(service: DeepReadonly<Service>, { domain, view }: Query): SrvTarget[] {
  const base = `${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`
  if (!isHeadless(service)) {
    return (service.spec.ports ?? []).map(({ name, protocol, port }) => ({
      portName: name ?? '',
      protocol: (protocol ?? 'TCP').toLowerCase(),
      port,
      target: base,
      addresses: service.spec.clusterIPs ?? [],
    }))
  }
  return servedEndpoints(service, view).flatMap(({ endpoint, ports }) =>
    ports.map(({ name, protocol, port }) => ({
      portName: name ?? '',
      protocol: (protocol ?? 'TCP').toLowerCase(),
      port: port ?? 0,
      target: `${endpointLabel(endpoint)}.${base}`,
      addresses: endpoint.addresses,
    })),
  )
}

function srvAnswer(targets: readonly SrvTarget[], { name, type }: Query): Lookup {
  if (type !== 'SRV') return found([])
  const weight = Math.max(1, Math.floor(100 / Math.max(1, targets.length)))
  const answers = targets.map(
    ({ port, target }): DnsRecord => ({ type: 'SRV', name, data: { priority: 0, weight, port, target } }),
  )
  const named = new Map(targets.map(({ target, addresses }) => [target, addresses]))
  return found(
    answers,
    [...named].flatMap(([target, addresses]) => addressRecords(target, addresses, 'ANY')),
  )
}

/** `10-1-2-3.namespace` under `pod`. */
function podName(labels: readonly string[], { name, type, view }: Query): Lookup {
  const [dashed, namespace, ...more] = labels.length === 2 ? labels : [undefined, labels[0]]
  if (more.length > 0 || namespace === undefined || !view.namespaceExists(namespace))
    return labels.length === 0 ? found([]) : NONE
  if (dashed === undefined) return found([])
  const address = dashed.replaceAll('-', '.')
  return isIPv4(address) ? found(addressRecords(name, [address], type)) : NONE
}

/** PTR of cluster IPs, and of endpoints that have a name of their own. Other addresses are not ours. */
function reverse(name: string, domain: string, view: ClusterView): Lookup {
  const address = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.')
  const services = view.services.by(BY_ADDRESS, address).filter((service) => !isHeadless(service))
  const targets = services.map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc.${domain}`)
  for (const slice of view.endpointSlices.by(BY_ADDRESS, address)) {
    const service = slice.metadata.labels?.['kubernetes.io/service-name']
    const endpoint = slice.endpoints?.find(({ addresses, hostname }) => hostname && addresses.includes(address))
    if (service && endpoint)
      targets.push(`${endpointLabel(endpoint)}.${service}.${slice.metadata.namespace}.svc.${domain}`)
  }
  if (targets.length === 0) return { kind: 'elsewhere' }
  return found([...new Set(targets)].map((data) => ({ type: 'PTR', name, data })))
}

interface ServedEndpoint {
  readonly endpoint: DeepReadonly<Endpoint>
  readonly ports: readonly DeepReadonly<EndpointPort>[]
}

/** Ready endpoints; where a Service publishes unready ones, its slices call them ready. */
function servedEndpoints({ metadata }: DeepReadonly<Service>, view: ClusterView): ServedEndpoint[] {
  const slices = view.endpointSlices.by(SLICES_OF_SERVICE, `${metadata.namespace}/${metadata.name}`)
  return slices.flatMap((slice) =>
    (slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .map((endpoint) => ({ endpoint, ports: slice.ports ?? [] })),
  )
}

/** The endpoint's hostname, else its address with dashes. */
function endpointLabel({ hostname, addresses }: DeepReadonly<Endpoint>): string {
  return hostname ?? (addresses[0] ?? '').replace(/[.:]/g, '-')
}

function addressRecords(name: string, addresses: readonly string[], type: RecordType): DnsRecord[] {
  return addresses
    .map((data) => ({ type: isIPv4(data) ? ('A' as const) : ('AAAA' as const), name, data }))
    .filter((record) => type === 'ANY' || record.type === type)
}

const isHeadless = ({ spec }: DeepReadonly<Service>): boolean => !spec.clusterIP || spec.clusterIP === 'None'

function isIPv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}
