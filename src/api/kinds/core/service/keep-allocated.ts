import type { Service } from '../../../types/core.v1.ts'
import { isBalanced, needsHealthCheck, type ReadonlyService } from './kinds-of-service.ts'

const hasAddress = ({ spec }: ReadonlyService): boolean => spec.type !== 'ExternalName'

const sameItems = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index])

/**
 * An update that does not mention what was allocated means to keep it: `kubectl replace` with the manifest of the creation.
 * Safe to repeat. Upstream: patchAllocatedValues.
 */
export function keepAllocated(service: Service, old: ReadonlyService): void {
  const { spec } = service
  if (hasAddress(service) && hasAddress(old)) {
    if (!spec.clusterIP && old.spec.clusterIP) spec.clusterIP = old.spec.clusterIP
    if (!spec.clusterIPs?.length && old.spec.clusterIPs?.length) spec.clusterIPs = [...old.spec.clusterIPs]
  }
  if (isBalanced(service) && isBalanced(old)) keepNodePorts(spec, old.spec)
  if (needsHealthCheck(service) && needsHealthCheck(old) && old.spec.healthCheckNodePort) {
    spec.healthCheckNodePort ||= old.spec.healthCheckNodePort
  }
}

/** Ports are known by their names; a node port that the update gives to another port is not given twice. */
function keepNodePorts(spec: Service['spec'], old: ReadonlyService['spec']): void {
  const now = new Set(spec.ports?.map(({ nodePort }) => nodePort))
  for (const port of spec.ports ?? []) {
    const before = old.ports?.findLast(({ name = '' }) => name === (port.name ?? ''))?.nodePort
    if (!port.nodePort && before && !now.has(before)) port.nodePort = before
  }
}

/**
 * Clients that know only `clusterIP` may set or change it; `clusterIPs` follows. Upstream: normalizeClusterIPs. `old` is
 * absent on a creation.
 */
export function syncClusterIps({ spec }: Service, old: ReadonlyService | undefined): void {
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
    return
  }
  const { clusterIP = '', clusterIPs = [] } = old.spec
  if (clusterIPs.length > 0 && !spec.clusterIPs?.length && clusterIP === (spec.clusterIP ?? '')) {
    spec.clusterIPs = [...clusterIPs]
  }
  if (clusterIP === (spec.clusterIP ?? '') || !sameItems(clusterIPs, spec.clusterIPs)) return
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP]
  else delete spec.clusterIPs
}
