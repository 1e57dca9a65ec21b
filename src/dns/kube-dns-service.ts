import { hasReason, Reason } from '../api/status-error.ts'
import type { Service } from '../api/types/core.v1.ts'
import type { EndpointSlice } from '../api/types/discovery.v1.ts'
import { editable } from '../base/deep-readonly.ts'
import type { New } from '../client/client.ts'
import type { Client } from '../client/clientset.ts'

const NAMESPACE = 'kube-system'
const NAME = 'kube-dns'
const SLICE = 'kube-dns-navarch'

/**
 * Publishes where DNS listens: the Service `kube-dns` with the cluster's DNS address, and an EndpointSlice of ours (the
 * Service has no selector, so no controller makes one). Repeating it changes nothing.
 */
export async function publishKubeDns(
  client: Pick<Client, 'services' | 'endpointSlices'>,
  where: { readonly clusterIP: string; readonly address: string; readonly port: number; readonly nodeName: string },
  signal: AbortSignal,
): Promise<void> {
  if (!(await exists(client, signal)))
    await createIfMissing(() => client.services.create(service(where.clusterIP), { signal }))
  const wanted = slice(where)
  try {
    const current = editable<EndpointSlice>(
      await client.endpointSlices.get({ namespace: NAMESPACE, name: SLICE }, { signal }),
    )
    if (same(current, wanted)) return
    await client.endpointSlices.update(
      { ...current, endpoints: wanted.endpoints ?? [], ports: wanted.ports ?? [] },
      { signal },
    )
  } catch (error) {
    if (!hasReason(error, Reason.NotFound)) throw error
    await createIfMissing(() => client.endpointSlices.create(wanted, { signal }))
  }
}

async function exists(client: Pick<Client, 'services'>, signal: AbortSignal): Promise<boolean> {
  try {
    await client.services.get({ namespace: NAMESPACE, name: NAME }, { signal })
    return true
  } catch (error) {
    if (hasReason(error, Reason.NotFound)) return false
    throw error
  }
}

/** Another one of us may have been faster. */
async function createIfMissing(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    if (!hasReason(error, Reason.AlreadyExists)) throw error
  }
}

function same(current: EndpointSlice, wanted: New<EndpointSlice>): boolean {
  const place = ({ endpoints, ports }: Pick<EndpointSlice, 'endpoints' | 'ports'>): string =>
    JSON.stringify([endpoints?.map(({ addresses }) => addresses), ports?.map(({ port }) => port)])
  return place(current) === place(wanted)
}

const labels = {
  'k8s-app': 'kube-dns',
  'kubernetes.io/cluster-service': 'true',
  'kubernetes.io/name': 'CoreDNS',
}

function service(clusterIP: string): New<Service> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace: NAMESPACE, labels },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
      ],
    },
  }
}

function slice({ address, port, nodeName }: { address: string; port: number; nodeName: string }): New<EndpointSlice> {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: SLICE,
      namespace: NAMESPACE,
      labels: { 'kubernetes.io/service-name': NAME, 'endpointslice.kubernetes.io/managed-by': 'dns.navarch.io' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true, serving: true, terminating: false }, nodeName }],
    ports: [
      { name: 'dns', port, protocol: 'UDP' },
      { name: 'dns-tcp', port, protocol: 'TCP' },
    ],
  }
}
