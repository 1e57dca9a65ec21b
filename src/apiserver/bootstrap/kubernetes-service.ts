import { isIPv6 } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { ApiObject } from '../../api/resource.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { Endpoints, Service } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName, ResourceClient } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'
import type { ApiServerAddress } from './api-servers.ts'

/** As many servers may be there before one of them has to come back later. */
const ATTEMPTS = 5
const NAME = { name: 'kubernetes', namespace: 'default' }

export interface KubernetesServiceOptions {
  /** First address of the service range: 10.96.0.1. */
  readonly clusterIp: string
  /** Where the API servers are reached from the cluster's network; at least one. */
  readonly servers: readonly ApiServerAddress[]
}

/**
 * What the Service `kubernetes` and its endpoints should be; pods reach the API servers through it. All endpoints of a
 * Service have one port: servers with another than the first one's are left out, by each server alike.
 */
export function kubernetesService({ clusterIp, servers }: KubernetesServiceOptions) {
  const { address: first, port } = servers[0] as ApiServerAddress
  const addresses = servers.filter((server) => server.port === port).map(({ address }) => address)
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...NAME, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIp,
      clusterIPs: [clusterIp],
      ipFamilies: [isIPv6(clusterIp) ? 'IPv6' : 'IPv4'],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
    },
  } as const
  const endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...NAME, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  } as const
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...NAME, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: isIPv6(first) ? 'IPv6' : 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  } as const
  return { service, endpoints, slice }
}

/**
 * Makes the Service and its endpoints, or brings them to the servers' addresses and port; a Service that is there keeps
 * everything but its ports. Called at start and again when somebody changed them.
 */
export async function ensureKubernetesService(
  client: Client,
  options: KubernetesServiceOptions,
  signal: AbortSignal,
): Promise<void> {
  const { service, endpoints, slice } = kubernetesService(options)
  await ensure<Service>(client.services, service as unknown as Service, ({ spec }) => spec.ports, signal)
  await Promise.all([
    ensure<Endpoints>(client.endpoints, endpoints as unknown as Endpoints, ({ subsets }) => subsets, signal),
    ensure<EndpointSlice>(client.endpointSlices, slice as unknown as EndpointSlice, sliceContent, signal),
  ])
}

const sliceContent = ({ endpoints, ports }: EndpointSlice) => ({ endpoints, ports })

/**
 * Creates the object, or replaces what `content` gives of it when that differs. Another server that does the same at the
 * same time is no failure: what it left is looked at again.
 */
async function ensure<T extends ApiObject>(
  resource: ResourceClient<T>,
  wanted: T,
  content: (object: T) => unknown,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ensureOnce(resource, wanted, content, signal)
    } catch (error) {
      const isRace = hasReason(error, Reason.Conflict) || hasReason(error, Reason.AlreadyExists)
      if (!isRace || attempt >= ATTEMPTS) throw error
    }
  }
}

async function ensureOnce<T extends ApiObject>(
  resource: ResourceClient<T>,
  wanted: T,
  content: (object: T) => unknown,
  signal: AbortSignal,
): Promise<void> {
  const current = await get(resource, signal)
  if (!current) {
    await resource.create(wanted as never, { signal })
    return
  }
  if (isDeepStrictEqual(content(current), content(wanted))) return
  const spec = 'spec' in wanted ? { spec: { ...(current as { spec?: object }).spec, ports: portsOf(wanted) } } : {}
  await resource.update({ ...current, ...wanted, ...spec, metadata: current.metadata }, { signal })
}

const portsOf = (object: object): unknown => (object as { spec: { ports: unknown } }).spec.ports

async function get<T extends ApiObject>(resource: ResourceClient<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return editable<T>(await resource.get(NAME as ObjectName, { signal }))
  } catch (error) {
    if (hasReason(error, Reason.NotFound)) return undefined
    throw error
  }
}
