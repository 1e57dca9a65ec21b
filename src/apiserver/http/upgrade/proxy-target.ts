import { BlockList, isIPv6 } from 'node:net'
import { badRequest, Reason, StatusError } from '../../../api/status-error.ts'
import type { Node, Pod, Service } from '../../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ResourceRequest } from '../request-info.ts'
import { kubeletTarget, type Reader, type Target } from './target.ts'
import { unreachableService } from './unreachable.ts'

const MAX_PORT = 65_535

/** Where a `proxy` request of a node, pod or service goes on to; `url` is path and query as they were asked for. */
export async function proxyTarget(
  info: ResourceRequest,
  url: string,
  read: Reader,
  registry: Registry,
): Promise<Target> {
  const path = proxiedPath(info, url)
  const named = splitName(info)
  const { scheme, name, port } = named
  if (info.resource === 'nodes') return nodeTarget(kubeletTarget(await read<Node>('', 'nodes', '', name), path), named)
  if (info.resource === 'pods') {
    const pod = await read<Pod>('', 'pods', info.namespace, name)
    const host = pod.status?.podIP
    if (!host || UNPROXYABLE.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')) throw badRequest('address not allowed')
    return { scheme, host, port: podPort(pod, port, scheme), path, isKubelet: false }
  }
  const service = await read<Service>('', 'services', info.namespace, name)
  return { scheme, ...endpointOf(service, port, registry), path, isKubelet: false }
}

/** A pod is at no address of the API server's own host: whoever may write its status could lead us to our own ports. */
const UNPROXYABLE = new BlockList()
UNPROXYABLE.addSubnet('127.0.0.0', 8)
UNPROXYABLE.addSubnet('169.254.0.0', 16)
UNPROXYABLE.addSubnet('224.0.0.0', 24)
UNPROXYABLE.addAddress('::1', 'ipv6')
UNPROXYABLE.addSubnet('fe80::', 10, 'ipv6')
UNPROXYABLE.addSubnet('ff01::', 16, 'ipv6')
UNPROXYABLE.addSubnet('ff02::', 16, 'ipv6')

/** What comes after `proxy`, with the slash at its end. */
function proxiedPath({ rest }: ResourceRequest, url: string): string {
  const mark = url.indexOf('?')
  const [asked, search] = mark === -1 ? [url, ''] : [url.slice(0, mark), url.slice(mark)]
  const path = rest.map((part) => `/${encodeURIComponent(part)}`).join('')
  return `${path}${asked.endsWith('/') ? '/' : ''}${search}`
}

interface Named {
  readonly scheme: 'http' | 'https'
  readonly name: string
  readonly port: string
}

const SINGULAR: Readonly<Record<string, string>> = { nodes: 'node', pods: 'pod', services: 'service' }

/** `[scheme:]name[:port]`. */
function splitName({ name: text, resource }: ResourceRequest): Named {
  const parts = text.split(':')
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts]
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme)) {
    throw badRequest(`invalid ${SINGULAR[resource]} request ${JSON.stringify(text)}`)
  }
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port }
}

/** Only the kubelet is shown our certificate: at another port of the node may be anybody. */
function nodeTarget(kubelet: Target, { scheme, port }: Named): Target {
  if (port === '' || port === String(kubelet.port)) return kubelet
  return { ...kubelet, scheme, port: portNumber(port), isKubelet: false }
}

function portNumber(port: string): number {
  if (!/^\d+$/.test(port)) throw unreachableService(`dial tcp: lookup tcp/${port}: unknown port`)
  if (Number(port) > MAX_PORT) throw unreachableService(`dial tcp: address ${port}: invalid port`)
  return Number(port)
}

function podPort({ spec }: DeepReadonly<Pod>, port: string, scheme: 'http' | 'https'): number {
  if (port !== '') return portNumber(port)
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
