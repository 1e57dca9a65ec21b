import { isDeepStrictEqual } from 'node:util'
import { DNS_PORT_ANNOTATION } from '../../api/cluster-dns.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { Node, Service } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New, ObjectName } from '../../client/client.ts'
import { objectKey } from '../../client/object-key.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { type DnsSlice, dnsSlices } from './dns-slices.ts'

const SERVICE = { namespace: 'kube-system', name: 'kube-dns' } as const
const KEY = objectKey(SERVICE)
const MANAGED_BY = 'dns.navarch.io'

/**
 * Keeps the Service `kube-dns`, with the address that pods ask, and its EndpointSlices: each node that serves names itself
 * says so by an annotation, and its pods are led to it (ADR 28). There is nothing until a node does.
 */
export function clusterDnsController(dnsIP: string): Controller {
  return {
    name: 'cluster-dns-controller',
    user: 'cluster-dns-controller',
    watches: [
      watch('nodes', servesNames, (node, old) => !isDeepStrictEqual(placeOf(node), placeOf(old))),
      watch('services', ({ metadata }) => (objectKey(metadata) === KEY ? [KEY] : [])),
      watch('endpointSlices', (slice) => (isOurs(slice) ? [KEY] : [])),
    ],
    reconcile: (_key, deps) => reconcile(dnsIP, deps),
  }
}

const placeOf = ({ metadata, spec }: DeepReadonly<Node>) => [metadata.annotations?.[DNS_PORT_ANNOTATION], spec.podCIDR]
const servesNames = ({ metadata }: DeepReadonly<Node>): string[] =>
  metadata.annotations?.[DNS_PORT_ANNOTATION] === undefined ? [] : [KEY]
const isOurs = ({ metadata }: DeepReadonly<EndpointSlice>): boolean =>
  metadata.namespace === SERVICE.namespace && metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === MANAGED_BY

async function reconcile(dnsIP: string, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, signal } = deps
  const wanted = dnsSlices(listers.nodes.list())
  const present = listers.endpointSlices.list(SERVICE.namespace).filter(isOurs)
  if (wanted.length > 0) await ensureService(dnsIP, deps)
  for (const slice of wanted) await writeSlice(slice, present, deps)
  const names = new Set(wanted.map(({ name }) => name))
  for (const { metadata } of present) {
    if (names.has(metadata.name)) continue
    const gone: ObjectName = { namespace: SERVICE.namespace, name: metadata.name }
    await client.endpointSlices.delete(gone, { signal }).catch(ignoreNotFound)
  }
  return settled
}

/** An administrator's changes stay, but for the one without which nodes would ask each other. */
async function ensureService(dnsIP: string, { client, listers, signal }: ReconcileDeps): Promise<void> {
  const present = listers.services.get(SERVICE)
  if (!present) {
    await client.services.create(service(dnsIP), { signal }).catch(ignoreAlreadyExists)
  } else if (present.spec.internalTrafficPolicy !== 'Local') {
    const changed = editable<Service>(present)
    changed.spec.internalTrafficPolicy = 'Local'
    await client.services.update(changed, { signal })
  }
}

function ignoreAlreadyExists(error: unknown): void {
  if (!hasReason(error, Reason.AlreadyExists)) throw error
}

async function writeSlice(
  wanted: DnsSlice,
  present: readonly DeepReadonly<EndpointSlice>[],
  { client, signal }: ReconcileDeps,
): Promise<void> {
  const current = present.find(({ metadata }) => metadata.name === wanted.name)
  const content = { endpoints: [...wanted.endpoints], ports: [...wanted.ports] }
  if (!current) {
    await client.endpointSlices.create(slice(wanted.name, content), { signal })
  } else if (!isDeepStrictEqual({ endpoints: current.endpoints, ports: current.ports }, content)) {
    await client.endpointSlices.update({ ...editable<EndpointSlice>(current), ...content }, { signal })
  }
}

function slice(name: string, content: Pick<EndpointSlice, 'endpoints' | 'ports'>): New<EndpointSlice> {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: SERVICE.namespace,
      labels: { 'kubernetes.io/service-name': SERVICE.name, 'endpointslice.kubernetes.io/managed-by': MANAGED_BY },
    },
    addressType: 'IPv4',
    ...content,
  }
}

function service(clusterIP: string): New<Service> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...SERVICE,
      labels: {
        'k8s-app': 'kube-dns',
        'kubernetes.io/cluster-service': 'true',
        'kubernetes.io/name': 'CoreDNS',
      },
    },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      internalTrafficPolicy: 'Local',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
      ],
    },
  }
}
