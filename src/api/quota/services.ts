import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Service } from '../types/core.v1.ts'
import { noScope, onCreateAndUpdate, type QuotaEvaluator } from './evaluator.ts'

const names = ['count/services', 'services', 'services.nodeports', 'services.loadbalancers']

/** Services, their node ports and load balancers. Ports are not allocated yet when they are counted: what is asked for counts. */
export const services: QuotaEvaluator<Service> = {
  group: '',
  plural: 'services',
  counts: (name) => names.includes(name),
  isCharged: onCreateAndUpdate, // a service may become one of another type
  matchesScope: noScope,
  usage: (service) => ({
    'count/services': '1',
    services: '1',
    'services.loadbalancers': service.spec.type === 'LoadBalancer' ? '1' : '0',
    'services.nodeports': String(nodePorts(service)),
  }),
}

function nodePorts({ spec }: DeepReadonly<Service>): number {
  const ports = spec.ports ?? []
  if (spec.type === 'NodePort') return ports.length
  if (spec.type !== 'LoadBalancer') return 0
  return spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort).length : ports.length
}
