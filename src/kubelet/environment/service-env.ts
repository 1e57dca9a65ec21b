import type { Service } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

type ServiceView = DeepReadonly<Service>

/** The services whose addresses a pod's containers get: those of its namespace, and always `default/kubernetes`. */
export function servicesFor(services: readonly ServiceView[], namespace: string, links: boolean): ServiceView[] {
  const named = new Map<string, ServiceView>()
  for (const service of services) {
    const { name, namespace: at } = service.metadata
    if (!hasClusterIP(service)) continue
    const isMaster = at === 'default' && name === 'kubernetes'
    if (isMaster && !named.has(name)) named.set(name, service)
    if (links && at === namespace) named.set(name, service) // one's own namespace comes first
  }
  return [...named.values()]
}

const hasClusterIP = ({ spec }: ServiceView): boolean => Boolean(spec.clusterIP) && spec.clusterIP !== 'None'

/** Environment variables for services, in the two forms that Kubernetes gives: its own and Docker's links. */
export function serviceEnvironment(services: readonly ServiceView[]): Map<string, string> {
  const env = new Map<string, string>()
  for (const service of services) addService(env, service)
  return env
}

function addService(env: Map<string, string>, { metadata, spec }: ServiceView): void {
  const prefix = variableName(metadata.name)
  const address = spec.clusterIP ?? ''
  const ports = spec.ports ?? []
  env.set(`${prefix}_SERVICE_HOST`, address)
  if (ports[0]) env.set(`${prefix}_SERVICE_PORT`, String(ports[0].port))
  for (const { name, port } of ports) if (name) env.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port))
  for (const [place, { protocol = 'TCP', port }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${address.includes(':') ? `[${address}]` : address}:${port}`
    const link = `${prefix}_PORT_${port}_${protocol}`
    if (place === 0) env.set(`${prefix}_PORT`, url)
    env.set(link, url)
    env.set(`${link}_PROTO`, protocol.toLowerCase())
    env.set(`${link}_PORT`, String(port))
    env.set(`${link}_ADDR`, address)
  }
}

const variableName = (name: string): string => name.replaceAll('-', '_').toUpperCase()
