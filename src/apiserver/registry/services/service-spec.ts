import type { Service } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'

type Spec = DeepReadonly<Service['spec']>

/** The cluster IP of a Service that wants none. */
export const HEADLESS = 'None'

export const wantsAddress = ({ type }: Spec): boolean => type !== 'ExternalName'

export const mayHaveNodePorts = ({ type }: Spec): boolean => type === 'NodePort' || type === 'LoadBalancer'

/** Whether ports that name no node port get one. */
export const wantsNodePorts = ({ type, allocateLoadBalancerNodePorts }: Spec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)

export const wantsHealthCheckPort = ({ type, externalTrafficPolicy }: Spec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

export const isHeadless = ({ clusterIPs }: Spec): boolean => clusterIPs?.[0] === HEADLESS

/** The cluster IPs that somebody else cannot have. */
export const addressesOf = (spec: Spec): readonly string[] =>
  wantsAddress(spec) && !isHeadless(spec) ? (spec.clusterIPs ?? []) : []

/** The node ports of a Service's ports, each once. */
export function nodePortsOf({ ports }: Spec): Set<number> {
  return new Set(
    (ports ?? []).map(({ nodePort }) => nodePort).filter((port) => port !== undefined && port !== 0),
  ) as Set<number>
}

/** Every node port that a Service holds, that of its health check included. */
export function heldPorts(spec: Spec): Set<number> {
  const ports = nodePortsOf(spec)
  if (spec.healthCheckNodePort) ports.add(spec.healthCheckNodePort)
  return ports
}
