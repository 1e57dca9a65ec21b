import { badRequest, internalError, notFound } from '../../../api/status-error.ts'
import type { Node, Pod } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Query } from '../../handler/call.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ResourceRequest } from '../request-info.ts'
import { containerOf } from './container-name.ts'
import { proxyTarget } from './proxy-target.ts'

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
  url: string,
  registry: Registry,
  signal: AbortSignal,
): Promise<Target | undefined> {
  const read = readerOf(registry, signal)
  if (info.subresource === 'proxy') return proxyTarget(info, url, read, registry)
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

/** A node's kubelet; 500 for a node that has no address. */
export function kubeletTarget({ metadata, status }: DeepReadonly<Node>, path: string): Target {
  const addresses = status?.addresses ?? []
  const host = ADDRESS_TYPES.map((type) => addresses.find((one) => one.type === type)).find((one) => one)?.address
  if (!host) throw internalError(`no preferred addresses found; known addresses: [] on node ${metadata.name}`)
  return { scheme: 'https', host, port: status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250, path, isKubelet: true }
}
