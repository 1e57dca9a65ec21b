import type { Node } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'

/** The way to the pods of another node. */
export interface PeerRoute {
  readonly podCIDR: string
  /** The node's InternalIP. */
  readonly via: string
}

const SIMULATED = 'simulated://'

/** Routes to all other nodes that have pods and an IPv4 address, in the order of their pod CIDRs. */
export function peerRoutes(nodes: Iterable<DeepReadonly<Node>>, nodeName: string): PeerRoute[] {
  const routes: PeerRoute[] = []
  for (const { metadata, spec, status } of nodes) {
    const via = status?.addresses?.find(({ type, address }) => type === 'InternalIP' && address.includes('.'))?.address
    if (metadata.name === nodeName || !spec.podCIDR?.includes('.') || via === undefined) continue
    if (status.nodeInfo?.containerRuntimeVersion?.startsWith(SIMULATED)) continue // its pods are nowhere
    routes.push({ podCIDR: spec.podCIDR, via })
  }
  return routes.sort((a, b) => (a.podCIDR < b.podCIDR ? -1 : 1))
}

export interface RoutePlan {
  readonly add: readonly PeerRoute[]
  readonly remove: readonly PeerRoute[]
}

/** What turns the routes that are there into the wanted ones. */
export function planRoutes(wanted: readonly PeerRoute[], present: readonly PeerRoute[]): RoutePlan {
  const has = (routes: readonly PeerRoute[], { podCIDR, via }: PeerRoute): boolean =>
    routes.some((route) => route.podCIDR === podCIDR && route.via === via)
  const wantedCIDRs = new Set(wanted.map(({ podCIDR }) => podCIDR))
  return {
    add: wanted.filter((route) => !has(present, route)),
    remove: present.filter(({ podCIDR }) => !wantedCIDRs.has(podCIDR)), // others are replaced
  }
}

/** Routes from what `ip -j route show` prints. */
export function parseRoutes(json: string): PeerRoute[] {
  const routes = JSON.parse(json.trim() || '[]') as { dst: string; gateway?: string }[]
  return routes.flatMap(({ dst, gateway }) => (gateway === undefined ? [] : [{ podCIDR: dst, via: gateway }]))
}
