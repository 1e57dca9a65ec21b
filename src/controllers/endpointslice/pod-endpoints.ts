import type { Node, Pod, Service } from '../../api/types/core.v1.ts'
import type { Endpoint, EndpointPort } from '../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isPodReady } from '../pod-state.ts'
import { belongsInEndpoints, familyOf, hostnameIn, podAddresses, portOnPod } from '../service-pods.ts'

const ZONE_LABEL = 'topology.kubernetes.io/zone'

/** Endpoints that share their port numbers, and so may share a slice. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

export interface PodEndpoints {
  readonly groups: readonly EndpointGroup[]
  /** Pods left out because their node is not known: to be looked at again. */
  readonly nodeless: readonly string[]
}

/** The endpoints of a Service's pods in one address family, grouped by ports. */
export function podEndpoints(
  service: DeepReadonly<Service>,
  pods: readonly DeepReadonly<Pod>[],
  family: string,
  nodeOf: (name: string) => DeepReadonly<Node> | undefined,
): PodEndpoints {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>()
  const nodeless: string[] = []
  for (const pod of pods) {
    if (!belongsInEndpoints(pod, true)) continue
    const node = nodeOf(pod.spec.nodeName ?? '')
    if (!node && !service.spec.publishNotReadyAddresses) {
      nodeless.push(pod.metadata.name)
      continue
    }
    const addresses = podAddresses(pod).filter((ip) => familyOf(ip) === family)
    if (addresses.length === 0) continue
    const ports = portsOn(service, pod)
    const key = portsKey(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    groups.set(key, group)
    group.endpoints.push(endpointOf(service, pod, addresses, node))
  }
  return { groups: [...groups.values()], nodeless }
}

/** Equal for the same ports in whatever order. */
export function portsKey(ports: DeepReadonly<EndpointPort[]> | undefined): string {
  const texts = (ports ?? []).map(({ name = '', protocol = 'TCP', port, appProtocol }) =>
    JSON.stringify([name, protocol, port, appProtocol]),
  )
  return texts.sort().join()
}

function portsOn(service: DeepReadonly<Service>, pod: DeepReadonly<Pod>): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = portOnPod(pod, port)
    if (number === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = port
    return [{ name, protocol, port: number, ...(appProtocol && { appProtocol }) }]
  })
}

function endpointOf(
  service: DeepReadonly<Service>,
  pod: DeepReadonly<Pod>,
  addresses: string[],
  node: DeepReadonly<Node> | undefined,
): Endpoint {
  const serving = isPodReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const { namespace, name, uid } = pod.metadata
  const zone = node?.metadata.labels?.[ZONE_LABEL]
  const hostname = hostnameIn(pod, service)
  const { nodeName } = pod.spec
  const hints = ready ? hintsFor(service, zone, nodeName) : undefined
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
    ...(hints && { hints }),
  }
}

/** `trafficDistribution`: keep traffic in the zone, or on the node (KEP-4444, KEP-3015). */
function hintsFor(
  { spec }: DeepReadonly<Service>,
  zone: string | undefined,
  nodeName: string | undefined,
): Endpoint['hints'] {
  switch (spec.trafficDistribution) {
    case 'PreferClose':
    case 'PreferSameZone':
      return zone ? { forZones: [{ name: zone }] } : undefined
    case 'PreferSameNode':
      return {
        ...(zone && { forZones: [{ name: zone }] }),
        ...(nodeName && { forNodes: [{ name: nodeName }] }),
      }
    default:
      return undefined
  }
}
