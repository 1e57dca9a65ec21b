import type { Container, Endpoints, Node, ObjectReference, Pod, Service } from '../../../src/api/types/core.v1.ts'
import type { EndpointSlice } from '../../../src/api/types/discovery.v1.ts'
import type { Ingress } from '../../../src/api/types/networking.v1.ts'

/**
 * What Prometheus' service discovery makes of objects: the address and the `__meta_kubernetes_*` labels of each target,
 * as its documentation of `kubernetes_sd_config` lists them and vmagent 1.79 has them (it lacks those that came later).
 *
 * Assumes what the tests' pods keep to: every container has ports, and Services lead to all of them.
 */
export type Labels = Readonly<Record<string, string>>

export const ROLES = ['node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress'] as const
export type Role = (typeof ROLES)[number]

/** The objects that targets of a role are made from. */
export interface Discoverable {
  readonly node: readonly Node[]
  readonly pod: readonly Pod[]
  readonly service: readonly Service[]
  readonly endpoints: readonly Endpoints[]
  readonly endpointslice: readonly EndpointSlice[]
  readonly ingress: readonly Ingress[]
}

/** The targets of every role, in the order of `sorted`. */
export function expectedTargets(objects: Discoverable): Record<Role, Labels[]> {
  return {
    node: sorted(objects.node.map(ofNode)),
    pod: sorted(objects.pod.flatMap(ofPod)),
    service: sorted(objects.service.flatMap(ofService)),
    endpoints: sorted(objects.endpoints.flatMap((endpoints) => ofEndpoints(endpoints, objects))),
    endpointslice: sorted(objects.endpointslice.flatMap((slice) => ofSlice(slice, objects))),
    ingress: sorted(objects.ingress.flatMap(ofIngress)),
  }
}

/** Targets in an order that does not depend on when they were found. */
export function sorted(targets: readonly Labels[]): Labels[] {
  const text = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort())
  return [...targets].sort((left, right) => (text(left) < text(right) ? -1 : 1))
}

/** Discovery's own labels alone: no settings of the job. */
export function metaLabels(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) => name === '__address__' || name.startsWith('__meta_kubernetes_')),
  )
}

/** The names in short; what is undefined has no label. */
function target(address: string, labels: Readonly<Record<string, unknown>>): Labels {
  const given = Object.entries(labels).filter(([, value]) => value !== undefined)
  const named = given.map(([name, value]) => [`__meta_kubernetes_${name}`, String(value)])
  return { __address__: address, ...Object.fromEntries(named) }
}

interface Described {
  readonly metadata: { readonly labels?: Labels; readonly annotations?: Labels }
}

/** Labels and annotations of an object, each beside a label that says that it is there. */
function described(role: string, { metadata: { labels = {}, annotations = {} } }: Described): Labels {
  const both = (what: string, values: Labels) =>
    Object.entries(values).flatMap(([key, value]) => {
      const name = key.replaceAll(/[^a-zA-Z0-9_]/g, '_')
      return [
        [`${role}_${what}_${name}`, value],
        [`${role}_${what}present_${name}`, 'true'],
      ]
    })
  return Object.fromEntries([...both('label', labels), ...both('annotation', annotations)])
}

function ofNode(node: Node): Labels {
  const { addresses = [], daemonEndpoints } = node.status
  const own = addresses.map(({ type, address }) => [`node_address_${type}`, address] as const)
  const internal = addresses.find(({ type }) => type === 'InternalIP')?.address
  return target(`${internal}:${daemonEndpoints?.kubeletEndpoint?.Port}`, {
    node_name: node.metadata.name,
    node_provider_id: node.spec.providerID ?? '',
    ...Object.fromEntries(own),
    ...described('node', node),
  })
}

type Port = NonNullable<Container['ports']>[number]

const containerPorts = (pod: Pod): { container: Container; port: Port }[] =>
  pod.spec.containers.flatMap((container) => (container.ports ?? []).map((port) => ({ container, port })))

function ofPod(pod: Pod): Labels[] {
  const { podIP } = pod.status
  if (!podIP) return []
  return containerPorts(pod).map(({ container, port }) =>
    target(`${podIP}:${port.containerPort}`, {
      namespace: pod.metadata.namespace,
      ...podLabels(pod),
      ...portLabels(container, port),
      pod_container_init: false,
    }),
  )
}

function podLabels(pod: Pod): Readonly<Record<string, unknown>> {
  const { podIP, hostIP, phase, conditions = [] } = pod.status
  const controller = pod.metadata.ownerReferences?.find((owner) => owner.controller)
  return {
    pod_name: pod.metadata.name,
    pod_uid: pod.metadata.uid,
    pod_ip: podIP,
    pod_host_ip: hostIP,
    pod_node_name: pod.spec.nodeName,
    pod_phase: phase,
    pod_ready: conditions.find(({ type }) => type === 'Ready')?.status.toLowerCase() ?? 'unknown',
    pod_controller_kind: controller?.kind,
    pod_controller_name: controller?.name,
    ...described('pod', pod),
  }
}

const portLabels = (container: Container, port: Port): Readonly<Record<string, unknown>> => ({
  pod_container_name: container.name,
  pod_container_port_name: port.name ?? '',
  pod_container_port_number: port.containerPort,
  pod_container_port_protocol: port.protocol,
})

const addressOf = ({ metadata: { name, namespace } }: Service): string => `${name}.${namespace}.svc`

function ofService(service: Service): Labels[] {
  return (service.spec.ports ?? []).map(({ name = '', port, protocol }) =>
    target(`${addressOf(service)}:${port}`, {
      namespace: service.metadata.namespace,
      ...serviceLabels(service),
      service_port_name: name,
      service_port_protocol: protocol,
    }),
  )
}

function serviceLabels(service: Service): Readonly<Record<string, unknown>> {
  const { type, clusterIP, externalName } = service.spec
  return {
    service_name: service.metadata.name,
    service_type: type,
    ...(type === 'ExternalName' ? { service_external_name: externalName } : { service_cluster_ip: clusterIP }),
    ...described('service', service),
  }
}

/** Of the Service and the pod that an endpoint belongs to. */
function behind(
  namespace: string,
  name: string,
  reference: ObjectReference | undefined,
  port: number,
  around: Pick<Discoverable, 'pod' | 'service'>,
) {
  const service = around.service.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
  const pod = around.pod.find(({ metadata: { uid } }) => uid === reference?.uid)
  const exposed = pod && containerPorts(pod).find(({ port: { containerPort } }) => containerPort === port)
  return {
    namespace,
    ...(service && serviceLabels(service)),
    ...(pod && podLabels(pod)),
    ...(exposed && portLabels(exposed.container, exposed.port)),
  }
}

function ofEndpoints(endpoints: Endpoints, around: Pick<Discoverable, 'pod' | 'service'>): Labels[] {
  const { namespace, name } = endpoints.metadata
  return (endpoints.subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const all = [
      ...addresses.map((address) => ({ ...address, ready: true })),
      ...notReadyAddresses.map((address) => ({ ...address, ready: false })),
    ]
    return ports.flatMap(({ port, name: portName = '', protocol }) =>
      all.map(({ ip, hostname, nodeName, targetRef, ready }) =>
        target(`${ip}:${port}`, {
          ...behind(namespace, name, targetRef, port, around),
          endpoints_name: name,
          ...described('endpoints', endpoints),
          endpoint_ready: ready,
          endpoint_port_name: portName,
          endpoint_port_protocol: protocol,
          endpoint_hostname: hostname,
          endpoint_node_name: nodeName,
          endpoint_address_target_kind: targetRef?.kind,
          endpoint_address_target_name: targetRef?.name,
        }),
      ),
    )
  })
}

function ofSlice(slice: EndpointSlice, around: Pick<Discoverable, 'pod' | 'service'>): Labels[] {
  const { namespace, name, labels = {} } = slice.metadata
  const service = labels['kubernetes.io/service-name'] ?? ''
  return (slice.ports ?? []).flatMap(({ port = 0, name: portName = '', protocol }) =>
    (slice.endpoints ?? []).flatMap(({ addresses, conditions, targetRef }) =>
      addresses.map((address) =>
        target(`${address}:${port}`, {
          ...behind(namespace, service, targetRef, port, around),
          endpointslice_name: name,
          ...described('endpointslice', slice),
          endpointslice_address_type: slice.addressType,
          endpointslice_endpoint_conditions_ready: conditions?.ready,
          endpointslice_port: port,
          endpointslice_port_name: portName,
          endpointslice_port_protocol: protocol,
          endpointslice_address_target_kind: targetRef?.kind,
          endpointslice_address_target_name: targetRef?.name,
        }),
      ),
    ),
  )
}

function ofIngress(ingress: Ingress): Labels[] {
  const { rules = [], tls = [], ingressClassName = '' } = ingress.spec
  return rules.flatMap(({ host = '', http }) =>
    (http?.paths ?? []).map(({ path = '/' }) =>
      target(host, {
        namespace: ingress.metadata.namespace,
        ingress_name: ingress.metadata.name,
        ingress_class_name: ingressClassName,
        ingress_host: host,
        ingress_path: path,
        ingress_scheme: tls.some(({ hosts = [] }) => hosts.includes(host)) ? 'https' : 'http',
        ...described('ingress', ingress),
      }),
    ),
  )
}
