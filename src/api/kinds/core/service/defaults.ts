import type { Service } from '../../../types/core.v1.ts'
import { isExternallyAccessible } from './kinds-of-service.ts'

const AFFINITY_SECONDS = 10_800
const WITH_ADDRESS = ['ClusterIP', 'NodePort', 'LoadBalancer']

export function defaultService(service: Service): void {
  const { spec } = service
  defaultAffinity(spec)
  spec.type ||= 'ClusterIP'
  spec.ports?.forEach((port) => {
    port.protocol ||= 'TCP'
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port
  })
  if (isExternallyAccessible(service)) spec.externalTrafficPolicy ||= 'Cluster'
  if (WITH_ADDRESS.includes(spec.type)) spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type !== 'LoadBalancer') return
  spec.allocateLoadBalancerNodePorts ??= true
  service.status?.loadBalancer?.ingress?.forEach((ingress) => {
    if (ingress.ip) ingress.ipMode ??= 'VIP'
  })
}

function defaultAffinity(spec: Service['spec']): void {
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity !== 'ClientIP') return
  if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } }
  }
}
