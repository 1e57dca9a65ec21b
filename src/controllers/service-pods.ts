import { sameMembers } from '../api/same-members.ts'
import type { Pod, Service, ServicePort } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { keyOf } from '../client/object-key.ts'
import type { WatchContext } from './controller.ts'
import { isPodTerminal } from './pod-state.ts'

type Labels = Readonly<Record<string, string>>

/** Does a Service's selector select these labels? An absent or empty selector selects nothing. */
export function selectsLabels(selector: Labels | undefined, labels: Labels | undefined): boolean {
  const entries = Object.entries(selector ?? {})
  return entries.length > 0 && entries.every(([key, value]) => labels?.[key] === value)
}

/** Keys of the Services that select a pod. */
export function servicesOfPod(pod: DeepReadonly<Pod>, { listers }: WatchContext): string[] {
  return listers.services
    .list(pod.metadata.namespace)
    .filter(({ spec }) => selectsLabels(spec.selector, pod.metadata.labels))
    .map(keyOf)
}

/** A change of a pod that its endpoints show. */
export function endpointsChanged(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): boolean {
  return !sameMembers(endpointFacts(pod), endpointFacts(old))
}

const endpointFacts = ({ metadata, spec, status }: DeepReadonly<Pod>): readonly unknown[] => [
  metadata.deletionTimestamp,
  spec.nodeName,
  spec.hostname,
  spec.subdomain,
  status?.phase,
  status?.podIP,
  metadata.labels,
  status?.podIPs,
  status?.conditions?.find(({ type }) => type === 'Ready'),
]

/** A pod has an endpoint from when it has an address until it has ended or, unless asked for, is being deleted. */
export function belongsInEndpoints(pod: DeepReadonly<Pod>, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod) || podAddresses(pod).length === 0) return false
  return includeTerminating || pod.metadata.deletionTimestamp === undefined
}

export function podAddresses({ status }: DeepReadonly<Pod>): readonly string[] {
  const addresses = (status?.podIPs ?? []).map(({ ip }) => ip ?? '').filter((ip) => ip !== '')
  return addresses.length > 0 ? addresses : status?.podIP ? [status.podIP] : []
}

export const familyOf = (ip: string): 'IPv4' | 'IPv6' => (ip.includes(':') ? 'IPv6' : 'IPv4')

/** The hostname under which the Service's DNS domain names the pod. */
export function hostnameIn({ spec, metadata }: DeepReadonly<Pod>, service: DeepReadonly<Service>): string | undefined {
  const inDomain = spec.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace
  return inDomain && spec.hostname ? spec.hostname : undefined
}

/** The port number behind a Service's port on this pod; undefined when the pod has no port of that name. */
export function portOnPod({ spec }: DeepReadonly<Pod>, port: DeepReadonly<ServicePort>): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  for (const { ports = [] } of [...spec.containers, ...sidecars]) {
    const found = ports.find(
      ({ name, protocol }) => name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    )
    if (found) return found.containerPort
  }
  return undefined
}

/** Headless, or not given an address yet. */
export function hasClusterIp({ spec }: DeepReadonly<Service>): boolean {
  return spec.type !== 'ExternalName' && spec.clusterIP !== 'None' && Boolean(spec.clusterIP)
}
