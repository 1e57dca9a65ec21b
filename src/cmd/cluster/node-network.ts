import { join } from 'node:path'
import { DNS_PORT_ANNOTATION } from '../../api/cluster-dns.ts'
import type { Component } from '../../base/component.ts'
import { createInformers } from '../../client/informers.ts'
import { ClusterDns } from '../../dns/dns.ts'
import { runHostCommand } from '../../network/host-command.ts'
import type { HostNetwork } from '../../network/host-network.ts'
import { NodeRoutes } from '../../network/node-routes.ts'
import { PodNetwork } from '../../network/pod-network.ts'
import { applyWithNft } from '../../proxy/nft.ts'
import { ServiceProxy } from '../../proxy/service-proxy.ts'
import { forgetWithConntrack } from '../../proxy/stale-connections.ts'
import type { NodeOptions } from './node.ts'

export const CLUSTER_DOMAIN = 'cluster.local'

/** What a node's part of the pod network is made from. */
export function hostNetwork({ paths, network }: Pick<NodeOptions, 'paths' | 'network'>): Omit<HostNetwork, 'podCIDR'> {
  const { bridge, clusterCIDR, serviceCIDR } = network
  return {
    bridge,
    clusterCIDR,
    serviceCIDR,
    cniConfigDir: join(paths.cni, 'net.d'),
    ipamDir: join(paths.cni, 'addresses'),
  }
}

/** The bridge for this node's pods, the ways to those of other nodes, and the names that pods ask for. */
export function networkParts(options: NodeOptions): Component[] {
  const host = hostNetwork(options)
  const { node, network, address, clients, hasPeers, clock, log } = options
  const { clusterCIDR } = network
  const watched = createInformers(clients.network, { clock, log })
  const common = { nodes: watched.nodes, nodeName: node.name, run: runHostCommand, clock, log }
  const podNetwork = new PodNetwork({ ...common, host })
  const routes = hasPeers ? [new NodeRoutes({ ...common, address, bridge: network.bridge, clusterCIDR })] : []
  const dns = dnsParts(options, podNetwork.whenReady())
  return [podNetwork, ...routes, watched, ...dns, ...proxyParts(options)]
}

function proxyParts({ clients, node, network, clock, log }: NodeOptions): Component[] {
  const informers = createInformers(clients.proxy, { clock, log })
  const { services, endpointSlices } = informers
  const proxy = new ServiceProxy({
    services,
    endpointSlices,
    nodeName: node.name,
    table: network.bridge,
    podCIDR: network.clusterCIDR,
    apply: applyWithNft,
    forget: forgetWithConntrack,
    clock,
    log,
  })
  return [proxy, informers]
}

function dnsParts({ clients, node, network, clock, log }: NodeOptions, listenAddress: Promise<string>): Component[] {
  const informers = createInformers(clients.dns, { clock, log })
  const { services, endpointSlices, namespaces } = informers
  const dns = new ClusterDns({
    services,
    endpointSlices,
    namespaces,
    domain: CLUSTER_DOMAIN,
    clusterIP: network.dnsIP,
    listenAddress,
    announce: async (port, signal) => {
      const body = { metadata: { annotations: { [DNS_PORT_ANNOTATION]: String(port) } } }
      await clients.kubelet.nodes.patch({ name: node.name }, { type: 'strategic', body }, { signal })
    },
    clock,
    log,
  })
  return [dns, informers]
}
