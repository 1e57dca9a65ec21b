import type { Service, ServicePort as ServicePortSpec } from '../api/types/core.v1.ts'
import type { EndpointSlice } from '../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'

/** A place to send a connection to. */
export interface Backend {
  readonly ip: string
  readonly port: number
  /** On this node. */
  readonly local: boolean
}

/** One port of a Service as the rules need it: where it listens, and the backends by kind of traffic. */
export interface ServicePort {
  /** `namespace/name/protocol/port name`: names the chains. */
  readonly id: string
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly port: number
  readonly clusterIPs: readonly string[]
  /** spec.externalIPs and the load balancer's addresses. */
  readonly externalIPs: readonly string[]
  readonly nodePort: number | undefined
  /** Who may use the load balancer's addresses; empty: everyone. */
  readonly sourceRanges: readonly string[]
  readonly affinitySeconds: number | undefined
  /** Backends of traffic from inside, by spec.internalTrafficPolicy. */
  readonly internal: readonly Backend[]
  /** Backends of traffic from outside, by spec.externalTrafficPolicy. */
  readonly external: readonly Backend[]
  /** externalTrafficPolicy Local: the client's address stays visible, other nodes' backends are not used. */
  readonly externalLocal: boolean
  /** All usable backends, whatever the policies. */
  readonly cluster: readonly Backend[]
}

/**
 * The ports of a Service that this node forwards, IPv4. Headless, ExternalName and selector-less Services without an
 * address have none. Backends are chosen as upstream does: ready ones, else those that still serve while terminating
 * (KEP-1669); then by the traffic policies (KEP-2086).
 */
export function servicePorts(
  service: DeepReadonly<Service>,
  slices: readonly DeepReadonly<EndpointSlice>[],
  nodeName: string,
): ServicePort[] {
  const { spec } = service
  const clusterIPs = (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])).filter(isIPv4)
  if (spec.type === 'ExternalName' || clusterIPs.length === 0) return []
  return (spec.ports ?? []).map((port) => servicePort(service, port, clusterIPs, slices, nodeName))
}

function servicePort(
  { metadata, spec, status }: DeepReadonly<Service>,
  port: DeepReadonly<ServicePortSpec>,
  clusterIPs: readonly string[],
  slices: readonly DeepReadonly<EndpointSlice>[],
  nodeName: string,
): ServicePort {
  const name = port.name ?? ''
  const protocol = (port.protocol ?? 'TCP').toLowerCase() as ServicePort['protocol']
  const candidates = slices.flatMap((slice) => candidatesOf(slice, name, port.protocol ?? 'TCP', nodeName))
  const externalLocal = spec.externalTrafficPolicy === 'Local'
  const cluster = usable(candidates)
  const local = usable(candidates.filter((candidate) => candidate.local))
  return {
    id: `${metadata.namespace}/${metadata.name}/${protocol}/${name}`,
    protocol,
    port: port.port,
    clusterIPs,
    externalIPs: [...(spec.externalIPs ?? []), ...loadBalancerIPs(status)].filter(isIPv4),
    nodePort: port.nodePort || undefined,
    sourceRanges: (spec.loadBalancerSourceRanges ?? []).filter((range) => isIPv4(range.split('/')[0] ?? '')),
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800)
        : undefined,
    internal: spec.internalTrafficPolicy === 'Local' ? local : cluster,
    external: externalLocal ? local : cluster,
    externalLocal,
    cluster,
  }
}

interface Candidate extends Backend {
  readonly ready: boolean
  readonly serving: boolean
}

function candidatesOf(
  slice: DeepReadonly<EndpointSlice>,
  name: string,
  protocol: string,
  nodeName: string,
): Candidate[] {
  if (slice.addressType !== 'IPv4') return []
  const port = slice.ports?.find((entry) => (entry.name ?? '') === name && (entry.protocol ?? 'TCP') === protocol)?.port
  if (port === undefined) return []
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions, nodeName: at }) => {
    const ip = addresses[0]
    if (ip === undefined) return []
    const ready = conditions?.ready ?? true
    const serving = conditions?.serving ?? ready
    return [{ ip, port, local: at === nodeName, ready, serving: serving && conditions?.terminating === true }]
  })
}

/** Ready candidates, else those that serve while terminating; each address once, in a fixed order. */
function usable(candidates: readonly Candidate[]): Backend[] {
  const ready = candidates.filter((candidate) => candidate.ready)
  const chosen = ready.length > 0 ? ready : candidates.filter((candidate) => candidate.serving)
  const distinct = new Map(chosen.map(({ ip, port, local }) => [`${ip}:${port}`, { ip, port, local }]))
  return [...distinct.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, backend]) => backend)
}

function loadBalancerIPs(status: DeepReadonly<Service>['status']): string[] {
  const ingress = status?.loadBalancer?.ingress ?? []
  return ingress.filter(({ ip, ipMode }) => ip && ipMode !== 'Proxy').map(({ ip }) => ip as string)
}

const isIPv4 = (address: string): boolean => address.includes('.')
