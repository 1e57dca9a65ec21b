import type { Service } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'

type Spec = DeepReadonly<Service['spec']>

/** The cluster IP of a Service that wants none. */
export const HEADLESS = 'None'

export const wantsAddress = ({ type }: Spec): boolean => type !== 'ExternalName'

export const wantsNodePorts = ({ type, allocateLoadBalancerNodePorts }: Spec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)

export const wantsHealthCheckPort = ({ type, externalTrafficPolicy }: Spec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

/** Every node port that a Service holds, that of its health check included. */
export function nodePortsOf({ ports, healthCheckNodePort }: Spec): Set<number> {
  const numbers = [...(ports ?? []).map(({ nodePort }) => nodePort), healthCheckNodePort]
  return new Set(numbers.filter((port): port is number => port !== undefined && port !== 0))
}
