import type { UpdateContext } from '../../../resource.ts'
import type { Service } from '../../../types/core.v1.ts'
import { isExternallyAccessible, needsHealthCheck, type ReadonlyService } from './kinds-of-service.ts'

/** Clients may give `clusterIP` or `clusterIPs`; both are kept saying the same. */
export function prepareService({ spec }: Service): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
}

export function prepareServiceUpdate(service: Service, { old, subresource }: UpdateContext<Service>): void {
  if (subresource !== '') return
  syncClusterAddresses(service, old)
  keepAllocated(service, old)
  dropWhatTypeLeaves(service, old)
}

/** A client that knows only the old field may change or clear it; then the list follows. */
function syncClusterAddresses({ spec }: Service, { spec: old }: ReadonlyService): void {
  const sameList = sameItems(spec.clusterIPs, old.clusterIPs)
  if (spec.clusterIP !== old.clusterIP && sameList) {
    if (!spec.clusterIP) delete spec.clusterIPs
    else if (spec.clusterIPs?.length) spec.clusterIPs[0] = spec.clusterIP
    else spec.clusterIPs = [spec.clusterIP]
    if (old.clusterIP && spec.clusterIP && spec.clusterIPs) spec.clusterIPs.length = 1
  } else if (!sameList && spec.clusterIP === old.clusterIP) {
    if (!spec.clusterIPs?.length) delete spec.clusterIP
    else if (!spec.clusterIP) spec.clusterIP = spec.clusterIPs[0] as string
  }
}

const sameItems = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index])

const hasAddress = (type: string | undefined): boolean => type !== 'ExternalName'
const hasNodePorts = ({ type }: ReadonlyService['spec']): boolean => type === 'NodePort' || type === 'LoadBalancer'

/** `kubectl replace` with a manifest that names no addresses or ports keeps those that were allocated. */
function keepAllocated(service: Service, { spec: old }: ReadonlyService): void {
  const { spec } = service
  if (hasAddress(spec.type) && hasAddress(old.type)) {
    if (!spec.clusterIP && !spec.clusterIPs?.length && old.clusterIP) {
      spec.clusterIP = old.clusterIP
      if (old.clusterIPs) spec.clusterIPs = [...old.clusterIPs]
    }
    if (!spec.ipFamilyPolicy && old.ipFamilyPolicy) spec.ipFamilyPolicy = old.ipFamilyPolicy
    if (!spec.ipFamilies?.length && old.ipFamilies) spec.ipFamilies = [...old.ipFamilies]
  }
  if (hasNodePorts(spec) && hasNodePorts(old)) keepNodePorts(spec, old)
  if (needsHealthCheck(service) && !spec.healthCheckNodePort && old.healthCheckNodePort) {
    spec.healthCheckNodePort = old.healthCheckNodePort
  }
}

function keepNodePorts(spec: Service['spec'], old: ReadonlyService['spec']): void {
  const taken = new Set(spec.ports?.map(({ nodePort }) => nodePort))
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue
    const before = old.ports?.find(({ port: number, protocol }) => number === port.port && protocol === port.protocol)
    if (before?.nodePort && !taken.has(before.nodePort)) {
      port.nodePort = before.nodePort
      taken.add(before.nodePort)
    }
  }
}

/** On a change of type, what the old type had and the client did not touch goes away. */
function dropWhatTypeLeaves(service: Service, { spec: old }: ReadonlyService): void {
  const { spec } = service
  if (hasAddress(old.type) && !hasAddress(spec.type)) dropAddress(spec, old)
  if (hasNodePorts(old) && !hasNodePorts(spec)) dropNodePorts(spec, old)
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts
    }
    if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass
  }
  if (!needsHealthCheck(service) && spec.healthCheckNodePort === old.healthCheckNodePort)
    delete spec.healthCheckNodePort
  const external = isExternallyAccessible(service)
  if (!external && spec.externalTrafficPolicy === old.externalTrafficPolicy) delete spec.externalTrafficPolicy
  if (!hasAddress(spec.type)) return
  if (old.type === 'ExternalName' && spec.externalName === old.externalName) delete spec.externalName
}

function dropAddress(spec: Service['spec'], old: ReadonlyService['spec']): void {
  if (spec.clusterIP === old.clusterIP) {
    delete spec.clusterIP
    delete spec.clusterIPs
  }
  if (spec.ipFamilyPolicy === old.ipFamilyPolicy) delete spec.ipFamilyPolicy
  if (sameItems(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies
  if (spec.internalTrafficPolicy === old.internalTrafficPolicy) delete spec.internalTrafficPolicy
}

function dropNodePorts(spec: Service['spec'], old: ReadonlyService['spec']): void {
  const before = new Set(old.ports?.map(({ nodePort }) => nodePort))
  for (const port of spec.ports ?? []) if (before.has(port.nodePort)) delete port.nodePort
}
