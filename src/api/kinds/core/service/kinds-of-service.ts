import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Service } from '../../../types/core.v1.ts'

export type ReadonlyService = DeepReadonly<Service>

/** No address of its own: DNS answers with the endpoints. */
export const isHeadless = ({ spec }: ReadonlyService): boolean =>
  spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None'

/** Reached from outside the cluster: by node port, load balancer, or external address. */
export function isExternallyAccessible({ spec }: ReadonlyService): boolean {
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') return true
  return spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0
}

/** Its ports may have node ports. */
export const isBalanced = ({ spec }: ReadonlyService): boolean =>
  spec.type === 'NodePort' || spec.type === 'LoadBalancer'

/** The load balancer asks each node whether it has endpoints. */
export const needsHealthCheck = ({ spec }: ReadonlyService): boolean =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
