import { createHash } from 'node:crypto'
import type { Backend, ServicePort } from './service-ports.ts'

/**
 * The part of the ruleset that belongs to one Service, as data: chains with their rules, dynamic sets with their
 * definitions, and elements of the shared maps and sets (`''` as value for a set's element).
 */
export interface Fragment {
  readonly chains: ReadonlyMap<string, readonly string[]>
  readonly sets: ReadonlyMap<string, string>
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>
}

export const emptyFragment: Fragment = { chains: new Map(), sets: new Map(), elements: new Map() }

/** Names of the shared maps and sets; base-ruleset.ts declares them. */
export const Shared = {
  ServiceIPs: 'service-ips',
  NodePorts: 'service-nodeports',
  RefusedIPs: 'no-endpoint-services',
  RefusedNodePorts: 'no-endpoint-nodeports',
  ClusterIPs: 'cluster-ips',
} as const

/** Chain that marks a connection for masquerading. */
export const MARK_CHAIN = 'mark-for-masquerade'

/** The rules of a Service's ports. `podCIDR`: addresses of the cluster's pods, whose traffic keeps its source address. */
export function fragmentOf(ports: readonly ServicePort[], podCIDR: string): Fragment {
  const builder = new FragmentBuilder()
  for (const port of ports) addPort(builder, port, podCIDR)
  return builder
}

class FragmentBuilder implements Fragment {
  readonly chains = new Map<string, string[]>()
  readonly sets = new Map<string, string>()
  readonly elements = new Map<string, Map<string, string>>()

  element(owner: string, key: string, value = ''): void {
    const elements = this.elements.get(owner) ?? new Map<string, string>()
    this.elements.set(owner, elements.set(key, value))
  }
}

function addPort(builder: FragmentBuilder, port: ServicePort, podCIDR: string): void {
  for (const ip of port.clusterIPs) builder.element(Shared.ClusterIPs, ip)
  const internal = balancer(builder, port, 'internal', port.internal)
  const external = port.externalLocal ? externalLocal(builder, port, podCIDR) : externalCluster(builder, port)

  const refusal = port.cluster.length === 0 ? 'goto reject-connection' : 'drop'
  for (const ip of port.clusterIPs)
    listen(builder, addressKey(ip, port), internal && clusterEntry(builder, port, internal, podCIDR), refusal)
  for (const ip of port.externalIPs)
    listen(builder, addressKey(ip, port), external && guarded(builder, port, external), refusal)
  if (port.nodePort !== undefined) listenOnNode(builder, port, external, refusal)
}

function listen(builder: FragmentBuilder, key: string, chain: string | undefined, refusal: string): void {
  if (chain) builder.element(Shared.ServiceIPs, key, `goto ${chain}`)
  else builder.element(Shared.RefusedIPs, key, refusal)
}

function listenOnNode(builder: FragmentBuilder, port: ServicePort, chain: string | undefined, refusal: string): void {
  const key = `${port.protocol} . ${port.nodePort}`
  if (chain) builder.element(Shared.NodePorts, key, `goto ${chain}`)
  else builder.element(Shared.RefusedNodePorts, key, refusal)
}

/** Traffic to the cluster IP from outside the pod network would be answered past us: it is masqueraded. */
function clusterEntry(builder: FragmentBuilder, port: ServicePort, balancerChain: string, podCIDR: string): string {
  const chain = chainName('cluster', port)
  builder.chains.set(chain, [`ip saddr != ${podCIDR} jump ${MARK_CHAIN}`, `goto ${balancerChain}`])
  return chain
}

function externalCluster(builder: FragmentBuilder, port: ServicePort): string | undefined {
  if (!isReachedFromOutside(port)) return undefined
  const target = balancer(builder, port, 'external', port.external)
  if (!target) return undefined
  const chain = chainName('outside', port)
  builder.chains.set(chain, [`jump ${MARK_CHAIN}`, `goto ${target}`])
  return chain
}

/** Pods and the node itself reach every backend; others only those on this node, and their address stays. */
function externalLocal(builder: FragmentBuilder, port: ServicePort, podCIDR: string): string | undefined {
  if (!isReachedFromOutside(port)) return undefined
  const everywhere = balancer(builder, port, 'cluster', port.cluster)
  const here = balancer(builder, port, 'external', port.external)
  if (!everywhere) return undefined
  const chain = chainName('outside', port)
  builder.chains.set(chain, [
    `ip saddr ${podCIDR} goto ${everywhere}`,
    `fib saddr type local jump ${MARK_CHAIN}`,
    `fib saddr type local goto ${everywhere}`,
    ...(here ? [`goto ${here}`] : []),
  ])
  if (!here) refuseOutside(builder, port)
  return chain
}

/** No backend here: what comes from outside is dropped, so that a load balancer's health check moves on. */
function refuseOutside(builder: FragmentBuilder, port: ServicePort): void {
  for (const ip of port.externalIPs) builder.element(Shared.RefusedIPs, addressKey(ip, port), 'drop')
  if (port.nodePort !== undefined)
    builder.element(Shared.RefusedNodePorts, `${port.protocol} . ${port.nodePort}`, 'drop')
}

function guarded(builder: FragmentBuilder, port: ServicePort, target: string): string {
  if (port.sourceRanges.length === 0) return target
  const chain = chainName('ranges', port)
  builder.chains.set(chain, [`ip saddr { ${port.sourceRanges.join(', ')} } goto ${target}`])
  return chain
}

const isReachedFromOutside = (port: ServicePort): boolean => port.nodePort !== undefined || port.externalIPs.length > 0

/** A chain that picks one of the backends at random (or the client's last one), or undefined when there is none. */
function balancer(
  builder: FragmentBuilder,
  port: ServicePort,
  kind: string,
  backends: readonly Backend[],
): string | undefined {
  if (backends.length === 0) return undefined
  const chain = chainName(kind, port)
  const targets = backends.map((backend) => endpointChain(builder, port, backend))
  const sticky =
    port.affinitySeconds === undefined
      ? []
      : targets.map((target) => `ip saddr @${affinitySet(target, port)} goto ${target}`)
  const choices = targets.map((target, index) => `${index} : goto ${target}`).join(', ')
  builder.chains.set(chain, [...sticky, `numgen random mod ${targets.length} vmap { ${choices} }`])
  return chain
}

/** Sends to one backend; a backend that reached itself is masqueraded, otherwise it would answer itself directly. */
function endpointChain(builder: FragmentBuilder, port: ServicePort, { ip, port: targetPort }: Backend): string {
  const chain = `endpoint-${digest(port.id)}-${port.id}__${ip}/${targetPort}`
  const rules = [`ip saddr ${ip} jump ${MARK_CHAIN}`]
  if (port.affinitySeconds !== undefined) {
    const set = affinitySet(chain, port)
    builder.sets.set(set, `type ipv4_addr; flags dynamic,timeout; timeout ${port.affinitySeconds}s;`)
    rules.push(`update @${set} { ip saddr }`)
  }
  rules.push(`meta l4proto ${port.protocol} dnat to ${ip}:${targetPort}`)
  builder.chains.set(chain, rules)
  return chain
}

/** Who was sent to this backend lately. The timeout is part of the name, since it cannot be changed in place. */
function affinitySet(endpointChain: string, { affinitySeconds }: ServicePort): string {
  return endpointChain.replace(/^endpoint-/, `affinity-${affinitySeconds}s-`)
}

const addressKey = (ip: string, port: ServicePort): string => `${ip} . ${port.protocol} . ${port.port}`
const chainName = (kind: string, port: ServicePort): string => `${kind}-${digest(port.id)}-${port.id}`

/** nft names are cut in listings and limited in length: the digest keeps them distinct. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
