import type { Service } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { wantsAddress, wantsHealthCheckPort, wantsNodePorts } from './service-spec.ts'

type Old = DeepReadonly<Service['spec']>

/** An update that does not mention what was allocated means to keep it (upstream: patchAllocatedValues). */
export function keepAllocated({ spec }: Service, { spec: old }: DeepReadonly<Service>): void {
  keepAddress(spec, old)
  if (wantsNodePorts(spec) && wantsNodePorts(old)) keepNodePorts(spec, old)
  if (wantsHealthCheckPort(spec) && wantsHealthCheckPort(old) && old.healthCheckNodePort) {
    spec.healthCheckNodePort ||= old.healthCheckNodePort
  }
}

function keepAddress(spec: Service['spec'], old: Old): void {
  if (!wantsAddress(spec)) {
    if (spec.clusterIP !== old.clusterIP) return
    delete spec.clusterIP
    delete spec.clusterIPs
  } else if (wantsAddress(old) && old.clusterIP && !spec.clusterIPs?.length) {
    spec.clusterIP ||= old.clusterIP
    if (spec.clusterIP === old.clusterIP) spec.clusterIPs = [...(old.clusterIPs ?? [])]
  }
}

function keepNodePorts(spec: Service['spec'], old: Old): void {
  for (const port of spec.ports ?? []) {
    const before = old.ports?.find((one) => one.port === port.port && one.protocol === port.protocol)
    if (before?.nodePort) port.nodePort ||= before.nodePort
  }
}
