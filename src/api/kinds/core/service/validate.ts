import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { FieldError } from '../../../field-error.ts'
import type { ServicePort, SessionAffinityConfig } from '../../../types/core.v1.ts'
import { checkAddress, checkNetwork, checkOrdinaryAddress } from '../../validation/addresses.ts'
import { checkOptionalChoice, checkRequiredChoice, choices } from '../../validation/choices.ts'
import { collect, type FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { checkLabels } from '../../validation/labels.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../validation/names.ts'
import { checkPortNumber, checkPortNumberOrName, portProtocols } from '../../validation/ports.ts'
import { isExternallyAccessible, isHeadless, needsHealthCheck, type ReadonlyService } from './kinds-of-service.ts'
import { checkClusterAddresses } from './validate-addresses.ts'

const serviceTypes = choices('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName')
const affinities = choices('ClientIP', 'None')
const trafficPolicies = choices('Cluster', 'Local')
const distributions = choices('PreferClose', 'PreferSameZone', 'PreferSameNode')

const specPath = FieldPath.of('spec')
const annotationsPath = FieldPath.of('metadata.annotations')
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints'
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode'

export function validateService(service: ReadonlyService, old?: ReadonlyService): FieldError[] {
  return collect((errors) => {
    const { spec } = service
    checkTopologyAnnotations(service, errors)
    if (!spec.ports?.length && !isHeadless(service) && spec.type !== 'ExternalName') {
      errors.required(specPath.child('ports'))
    }
    checkType(service, errors)
    checkPorts(service, errors)
    if (spec.selector) checkLabels(spec.selector, specPath.child('selector'), errors)
    checkAffinity(service, errors)
    checkClusterAddresses(service, old, errors)
    checkExternalAddresses(service, old, errors)
    checkPortConflicts(spec.ports ?? [], errors)
    checkSourceRanges(service, old, errors)
    checkLoadBalancerFields(service, errors)
    checkTrafficPolicies(service, errors)
  })
}

function checkTopologyAnnotations({ metadata: { annotations } }: ReadonlyService, errors: FieldErrors): void {
  const mode = annotations?.[TOPOLOGY_MODE]
  const hints = annotations?.[TOPOLOGY_HINTS]
  if (mode === undefined || hints === undefined || mode === hints) return
  const problem = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`
  errors.invalid(annotationsPath.key(TOPOLOGY_MODE), mode, problem)
}

function checkType(service: ReadonlyService, errors: FieldErrors): void {
  const { spec } = service
  checkRequiredChoice(spec.type, serviceTypes, specPath.child('type'), errors)
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(service)) {
    errors.invalid(specPath.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${spec.type} services`)
  }
  if (spec.type === 'ExternalName') checkExternalName(service, errors)
}

function checkExternalName({ spec }: ReadonlyService, errors: FieldErrors): void {
  const problem = 'may not be set for ExternalName services'
  if (spec.clusterIPs?.length) errors.forbidden(specPath.child('clusterIPs'), problem)
  if (spec.ipFamilies?.length) errors.forbidden(specPath.child('ipFamilies'), problem)
  if (spec.ipFamilyPolicy !== undefined) errors.forbidden(specPath.child('ipFamilyPolicy'), problem)
  const name = spec.externalName?.replace(/\.$/, '')
  if (name) checkDns1123Subdomain(name, specPath.child('externalName'), errors)
  else errors.required(specPath.child('externalName'))
}

type Port = DeepReadonly<ServicePort>

function checkPorts({ spec: { ports = [], type } }: ReadonlyService, errors: FieldErrors): void {
  const names = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const at = specPath.child('ports').index(index)
    if (port.name) checkDns1123Label(port.name, at.child('name'), errors)
    else if (ports.length > 1) errors.required(at.child('name'))
    if (port.name && names.has(port.name)) errors.duplicate(at.child('name'), port.name)
    names.add(port.name ?? '')
    checkPortNumber(port.port, at.child('port'), errors)
    checkRequiredChoice(port.protocol, portProtocols, at.child('protocol'), errors)
    checkPortNumberOrName(port.targetPort, at.child('targetPort'), errors)
    if (port.appProtocol !== undefined) checkQualifiedName(port.appProtocol, at.child('appProtocol'), errors)
    if (type === 'ClusterIP' && port.nodePort) {
      errors.forbidden(at.child('nodePort'), "may not be used when `type` is 'ClusterIP'")
    }
  }
}

/** A port as Go's internal type prints. */
const shown = (protocol: string | undefined, port: number) => ({
  Name: '',
  Protocol: protocol,
  AppProtocol: null,
  Port: port,
  TargetPort: 0,
  NodePort: 0,
})

/** A port, and a node port, is taken once a protocol. */
function checkPortConflicts(ports: readonly Port[], errors: FieldErrors): void {
  const taken = new Set<string>()
  for (const [index, { protocol, port, nodePort }] of ports.entries()) {
    const at = specPath.child('ports').index(index)
    if (nodePort && taken.has(`node ${protocol} ${nodePort}`)) errors.duplicate(at.child('nodePort'), nodePort)
    if (taken.has(`${protocol} ${port}`)) errors.duplicate(at, shown(protocol, port))
    taken.add(`node ${protocol} ${nodePort}`)
    taken.add(`${protocol} ${port}`)
  }
}

function checkAffinity({ spec }: ReadonlyService, errors: FieldErrors): void {
  checkRequiredChoice(spec.sessionAffinity, affinities, specPath.child('sessionAffinity'), errors)
  const at = specPath.child('sessionAffinityConfig')
  if (spec.sessionAffinity === 'ClientIP') checkClientAffinity(spec.sessionAffinityConfig, at, errors)
  else if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig) {
    errors.forbidden(at, 'must not be set when session affinity is None')
  }
}

const MAX_AFFINITY_SECONDS = 86_400

function checkClientAffinity(
  config: DeepReadonly<SessionAffinityConfig> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const when = 'when session affinity type is ClientIP'
  const seconds = config?.clientIP?.timeoutSeconds
  if (!config) errors.required(at, when)
  else if (!config.clientIP) errors.required(at.child('clientIP'), when)
  else if (seconds === undefined) errors.required(at.child('clientIP.timeoutSeconds'), when)
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    const problem = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`
    errors.invalid(at.child('clientIP.timeoutSeconds'), seconds, problem)
  }
}

function checkExternalAddresses(
  { spec }: ReadonlyService,
  old: ReadonlyService | undefined,
  errors: FieldErrors,
): void {
  spec.externalIPs?.forEach((address, index) => {
    const at = specPath.child('externalIPs').index(index)
    const before = errors.count
    checkAddress(address, at, errors, old?.spec.externalIPs)
    if (errors.count === before) checkOrdinaryAddress(address, at, errors)
  })
}

/** The field, or the annotation that was there before it; both let blanks around an entry pass. */
function checkSourceRanges(service: ReadonlyService, old: ReadonlyService | undefined, errors: FieldErrors): void {
  const { spec, metadata } = service
  const only = "may only be used when `type` is 'LoadBalancer'"
  if (spec.loadBalancerSourceRanges?.length) {
    const at = specPath.child('LoadBalancerSourceRanges')
    if (spec.type !== 'LoadBalancer') errors.forbidden(at, only)
    const known = old?.spec.loadBalancerSourceRanges
    spec.loadBalancerSourceRanges.forEach((range, index) => {
      checkNetwork(range.trim(), at.index(index), errors, known)
    })
    return
  }
  const annotation = metadata.annotations?.[SOURCE_RANGES]
  if (annotation === undefined) return
  const at = annotationsPath.key(SOURCE_RANGES)
  if (spec.type !== 'LoadBalancer') errors.forbidden(at, only)
  if (annotation.trim() === '') return
  for (const range of annotation.split(',')) checkNetwork(range.trim(), at, errors)
}

function checkLoadBalancerFields({ spec }: ReadonlyService, errors: FieldErrors): void {
  const isLoadBalancer = spec.type === 'LoadBalancer'
  const only = "may only be used when `type` is 'LoadBalancer'"
  if (spec.allocateLoadBalancerNodePorts === undefined) {
    if (isLoadBalancer) errors.required('allocateLoadBalancerNodePorts')
  } else if (!isLoadBalancer) errors.forbidden(specPath.child('allocateLoadBalancerNodePorts'), only)
  if (spec.loadBalancerClass === undefined) return
  if (isLoadBalancer) checkQualifiedName(spec.loadBalancerClass, specPath.child('loadBalancerClass'), errors)
  else errors.forbidden(specPath.child('loadBalancerClass'), only)
}

function checkTrafficPolicies(service: ReadonlyService, errors: FieldErrors): void {
  const { spec } = service
  const external = specPath.child('externalTrafficPolicy')
  if (isExternallyAccessible(service))
    checkRequiredChoice(spec.externalTrafficPolicy, trafficPolicies, external, errors)
  else if (spec.externalTrafficPolicy) {
    errors.invalid(external, spec.externalTrafficPolicy, 'may only be set for externally-accessible services')
  }
  checkHealthPort(service, errors)
  const internal = specPath.child('internalTrafficPolicy')
  if (spec.internalTrafficPolicy === undefined && spec.type !== 'ExternalName' && serviceTypes.has(spec.type ?? '')) {
    errors.required(internal)
  }
  checkOptionalChoice(spec.internalTrafficPolicy, trafficPolicies, internal, errors)
  checkOptionalChoice(spec.trafficDistribution, distributions, specPath.child('trafficDistribution'), errors)
}

/** The port is allocated by the API server before this when the client gave none. */
function checkHealthPort(service: ReadonlyService, errors: FieldErrors): void {
  const port = service.spec.healthCheckNodePort ?? 0
  const at = specPath.child('healthCheckNodePort')
  if (!needsHealthCheck(service)) {
    if (port === 0) return
    const problem = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    errors.invalid(at, port, problem)
  } else if (port !== 0) checkPortNumber(port, at, errors)
}
