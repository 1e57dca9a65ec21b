import { badRequest, internalError, notFound, Reason, StatusError } from '../../../api/status-error.ts'
import type { Node, Pod, Service } from '../../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Query } from '../../handler/call.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ResourceRequest } from '../request-info.ts'
import { containerOf } from './container-name.ts'

/** Where a relayed request goes on to. */
export interface Target {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  /** Path and query. */
  readonly path: string
  /** Whether it is a kubelet, which knows us by our client certificate. */
  readonly isKubelet: boolean
}

/** Reads the newest state of an object; 404 when there is none. */
export type Reader = <T>(group: string, plural: string, namespace: string, name: string) => Promise<DeepReadonly<T>>

export function readerOf(registry: Registry, signal: AbortSignal): Reader {
  return async <T>(group: string, plural: string, namespace: string, name: string) => {
    const storage = registry.storage(group, plural)
    const object = storage && (await storage.current(storage.key(namespace, name), { signal }))
    if (!object) throw notFound({ group, plural }, name)
    return object.object() as unknown as DeepReadonly<T>
  }
}

/**
 * Finds where a `log`, `exec`, `attach`, `portforward` or `proxy` request has to go. Undefined: nowhere yet, the pod has no
 * node (its log is empty). Throws the Statuses of upstream's subresource handlers.
 */
export async function targetOf(
  info: ResourceRequest,
  query: Query,
  search: string,
  registry: Registry,
  signal: AbortSignal,
): Promise<Target | undefined> {
  const read = readerOf(registry, signal)
  if (info.subresource === 'proxy') return proxyTarget(info, search, read, registry)
  const pod = await read<Pod>('', 'pods', info.namespace, info.name)
  const { nodeName } = pod.spec
  const path = podPath(info, pod, query)
  if (!nodeName) {
    if (info.subresource === 'log') return undefined
    throw badRequest(`pod ${info.name} does not have a host assigned`)
  }
  return kubeletTarget(await read<Node>('', 'nodes', '', nodeName), path)
}

const STREAM_PATHS: Readonly<Record<string, string>> = { exec: 'exec', attach: 'attach', log: 'containerLogs' }

function podPath({ subresource, namespace, name }: ResourceRequest, pod: DeepReadonly<Pod>, query: Query): string {
  if (subresource === 'portforward') return `/portForward/${namespace}/${name}${portsQuery(query)}`
  const container = containerOf(pod, query.get('container'))
  const parameters = subresource === 'log' ? logParameters(query) : streamParameters(query)
  return `/${STREAM_PATHS[subresource]}/${namespace}/${name}/${container}${searchText(parameters)}`
}

function portsQuery(query: Query): string {
  const ports = new URLSearchParams()
  for (const port of query.all('ports')) ports.append('port', port)
  return searchText(ports)
}

const LOG_PARAMETERS = [
  'follow',
  'previous',
  'sinceSeconds',
  'sinceTime',
  'timestamps',
  'tailLines',
  'limitBytes',
  'stream',
]

function logParameters(query: Query): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const name of LOG_PARAMETERS) {
    const value = query.get(name)
    if (value !== undefined) parameters.set(name, value)
  }
  return parameters
}

/** The kubelet names the streams otherwise than the API does (PodExecOptions → its own query). */
function streamParameters(query: Query): URLSearchParams {
  const parameters = new URLSearchParams()
  const names = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' }
  for (const [name, own] of Object.entries(names)) {
    if (isTrue(query.get(name))) parameters.set(own, '1')
  }
  for (const word of query.all('command')) parameters.append('command', word)
  return parameters
}

const isTrue = (value: string | undefined): boolean => value !== undefined && value !== 'false' && value !== '0'
const searchText = (parameters: URLSearchParams): string => (parameters.size === 0 ? '' : `?${parameters}`)

/** Host names of nodes need not resolve here, addresses always do. */
const ADDRESS_TYPES = ['InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS']

function kubeletTarget({ metadata, status }: DeepReadonly<Node>, path: string): Target {
  const addresses = status?.addresses ?? []
  const host = ADDRESS_TYPES.map((type) => addresses.find((one) => one.type === type)).find((one) => one)?.address
  if (!host) throw internalError(`no preferred addresses found; known addresses: [] on node ${metadata.name}`)
  return { scheme: 'https', host, port: status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250, path, isKubelet: true }
}

async function proxyTarget(info: ResourceRequest, search: string, read: Reader, registry: Registry): Promise<Target> {
  const path = `/${info.rest.map(encodeURIComponent).join('/')}${search}`
  const { scheme, name, port } = splitName(info.name)
  if (info.resource === 'nodes') {
    const target = kubeletTarget(await read<Node>('', 'nodes', '', name), path)
    return port === '' ? target : { ...target, port: Number(port) }
  }
  if (info.resource === 'pods') {
    const pod = await read<Pod>('', 'pods', info.namespace, name)
    const host = pod.status?.podIP
    if (!host) throw badRequest('address not allowed')
    return { scheme, host, port: podPort(pod, port, scheme), path, isKubelet: false }
  }
  const service = await read<Service>('', 'services', info.namespace, name)
  return { scheme, ...endpointOf(service, port, registry), path, isKubelet: false }
}

/** `[scheme:]name[:port]`. */
function splitName(text: string): { scheme: 'http' | 'https'; name: string; port: string } {
  const parts = text.split(':')
  if (parts.length === 3)
    return { scheme: parts[0] === 'https' ? 'https' : 'http', name: parts[1] ?? '', port: parts[2] ?? '' }
  return { scheme: 'http', name: parts[0] ?? '', port: parts[1] ?? '' }
}

function podPort({ spec }: DeepReadonly<Pod>, port: string, scheme: 'http' | 'https'): number {
  if (port !== '') return Number(port)
  return spec.containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort ?? (scheme === 'https' ? 443 : 80)
}

/** A ready endpoint of the service's port; 503 when there is none. */
function endpointOf(service: DeepReadonly<Service>, port: string, registry: Registry): { host: string; port: number } {
  const { name = '', namespace = '' } = service.metadata
  const wanted = (service.spec?.ports ?? []).find(
    (one) => port === '' || one.name === port || String(one.port) === port,
  )
  if (!wanted) throw unavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`)
  const slices = registry.storage('discovery.k8s.io', 'endpointslices')?.cache.snapshot({ namespace }) ?? []
  const found: { host: string; port: number }[] = []
  for (const cached of slices) {
    const slice = cached.object() as unknown as DeepReadonly<EndpointSlice>
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue
    const number = slice.ports?.find((one) => (one.name ?? '') === (wanted.name ?? ''))?.port
    const ready = slice.endpoints?.filter(({ conditions }) => conditions?.ready !== false) ?? []
    if (number) found.push(...ready.map(({ addresses }) => ({ host: addresses[0] as string, port: number })))
  }
  const [chosen] = found.sort(() => Math.random() - 0.5)
  if (!chosen) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  return chosen
}

const unavailable = (message: string): StatusError =>
  new StatusError({ code: 503, reason: Reason.ServiceUnavailable, message })
