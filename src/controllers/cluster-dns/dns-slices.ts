import { DNS_PORT_ANNOTATION } from '../../api/cluster-dns.ts'
import type { Node } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number]
type Port = NonNullable<EndpointSlice['ports']>[number]

export interface DnsSlice {
  readonly name: string
  readonly endpoints: readonly Endpoint[]
  readonly ports: readonly Port[]
}

/** The API takes no more in one slice. */
const MAX_ENDPOINTS = 1000
const FIRST_SLICE = 'kube-dns-navarch'

/**
 * Where nodes answer names: one slice for each port, of which almost always there is one. A node that is not heard of is
 * kept as ready: nobody but its own pods asks it.
 */
export function dnsSlices(nodes: Iterable<DeepReadonly<Node>>): DnsSlice[] {
  const byPort = new Map<number, Endpoint[]>()
  for (const node of nodes) {
    const port = Number(node.metadata.annotations?.[DNS_PORT_ANNOTATION])
    const address = node.spec.podCIDR && firstAddress(node.spec.podCIDR)
    if (!(port > 0 && port < 65_536) || !address) continue
    const conditions = { ready: true, serving: true, terminating: false }
    byPort.set(port, [...(byPort.get(port) ?? []), { addresses: [address], conditions, nodeName: node.metadata.name }])
  }
  return [...byPort].sort(([a], [b]) => a - b).flatMap(([port, endpoints]) => slicesOf(port, endpoints))
}

function slicesOf(port: number, endpoints: readonly Endpoint[]): DnsSlice[] {
  const sorted = [...endpoints].sort((a, b) => ((a.nodeName ?? '') < (b.nodeName ?? '') ? -1 : 1))
  const ports: Port[] = [
    { name: 'dns', port, protocol: 'UDP' },
    { name: 'dns-tcp', port, protocol: 'TCP' },
  ]
  const count = Math.ceil(sorted.length / MAX_ENDPOINTS)
  return Array.from({ length: count }, (_, index) => ({
    name: [FIRST_SLICE, ...(port === 53 ? [] : [port]), ...(index === 0 ? [] : [`part${index}`])].join('-'),
    endpoints: sorted.slice(index * MAX_ENDPOINTS, (index + 1) * MAX_ENDPOINTS),
    ports,
  }))
}

/** Of an IPv4 CIDR: `10.244.3.1` of `10.244.3.0/24`. */
const firstAddress = (cidr: string): string | undefined => /^(\d+\.\d+\.\d+)\.0\/\d+$/.exec(cidr)?.[1]?.concat('.1')
