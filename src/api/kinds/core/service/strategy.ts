import type { UpdateContext } from '../../../resource.ts'
import type { Service } from '../../../types/core.v1.ts'
import { keepAllocated, syncClusterIps } from './keep-allocated.ts'
import { isBalanced, isExternallyAccessible, needsHealthCheck, type ReadonlyService } from './kinds-of-service.ts'

/** Clients may give `clusterIP` or `clusterIPs`; both are kept saying the same. */
export function prepareService(service: Service): void {
  syncClusterIps(service, undefined)
}

export function prepareServiceUpdate(service: Service, { old, subresource }: UpdateContext<Service>): void {
  if (subresource !== '') return
  keepAllocated(service, old)
  syncClusterIps(service, old)
  keepFamilies(service, old)
  dropWhatTypeLeaves(service, old)
}

const sameItems = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index])

const hasAddress = (type: string | undefined): boolean => type !== 'ExternalName'

/** The allocator has done so already where there is one. */
function keepFamilies({ spec }: Service, { spec: old }: ReadonlyService): void {
  if (!hasAddress(spec.type) || !hasAddress(old.type)) return
  if (!spec.ipFamilyPolicy && old.ipFamilyPolicy) spec.ipFamilyPolicy = old.ipFamilyPolicy
  if (!spec.ipFamilies?.length && old.ipFamilies) spec.ipFamilies = [...old.ipFamilies]
}

/** On a change of type, what the old type had and the client did not touch goes away (dropTypeDependentFields). */
function dropWhatTypeLeaves(service: Service, before: ReadonlyService): void {
  const { spec } = service
  const old = before.spec
  if (hasAddress(old.type) && !hasAddress(spec.type)) dropAddress(spec, old)
  if (isBalanced(before) && !isBalanced(service)) dropNodePorts(spec, old)
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') dropBalancerFields(service, old)
  const sameHealthPort = (spec.healthCheckNodePort ?? 0) === (old.healthCheckNodePort ?? 0)
  if (needsHealthCheck(before) && !needsHealthCheck(service) && sameHealthPort) delete spec.healthCheckNodePort
  const samePolicy = spec.externalTrafficPolicy === old.externalTrafficPolicy
  if (isExternallyAccessible(before) && !isExternallyAccessible(service) && samePolicy) {
    delete spec.externalTrafficPolicy
  }
}

function dropBalancerFields(service: Service, old: ReadonlyService['spec']): void {
  const { spec } = service
  if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) {
    delete spec.allocateLoadBalancerNodePorts
  }
  if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass
  if (service.status?.loadBalancer) service.status = { ...service.status, loadBalancer: {} }
}

function dropAddress(spec: Service['spec'], old: ReadonlyService['spec']): void {
  if (spec.clusterIP === old.clusterIP && sameItems(spec.clusterIPs, old.clusterIPs)) {
    delete spec.clusterIP
    delete spec.clusterIPs
  }
  if (spec.ipFamilyPolicy === old.ipFamilyPolicy) delete spec.ipFamilyPolicy
  if (sameItems(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies
}

/** Unless the update names a node port that the Service did not have: that is an error to tell. */
function dropNodePorts(spec: Service['spec'], old: ReadonlyService['spec']): void {
  const before = new Set(old.ports?.map(({ nodePort }) => nodePort))
  if (spec.ports?.some(({ nodePort }) => nodePort && !before.has(nodePort))) return
  for (const port of spec.ports ?? []) delete port.nodePort
}
