import { hasReason, Reason } from '../../api/status-error.ts'
import { componentUsers } from '../../apiserver/bootstrap/component-users.ts'
import type { Pki } from '../../apiserver/pki/pki.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { defaultNodeAddress } from '../../kubelet/node/machine.ts'
import { gatewayOf } from '../../network/addressing.ts'
import { runHostCommand } from '../../network/host-command.ts'
import { prepareHost } from '../../network/host-network.ts'
import type { ClusterConfig, ClusterNetwork } from './cluster-config.ts'
import { cgroupRoot } from './cluster-config.ts'
import type { ControlPlane } from './control-plane.ts'
import type { NodeClients, NodeSettings, ServingCertificate, ServingTls } from './node.ts'
import { createNode, hostNetwork } from './node.ts'
import type { ClusterPaths } from './paths.ts'
import type { ClusterNode } from './running-node.ts'

export interface OwnNodeOptions {
  readonly paths: ClusterPaths
  readonly config: ClusterConfig
  readonly network: ClusterNetwork
  readonly node: NodeSettings
  readonly bindAddress: string
  readonly controlPlane: ControlPlane
  readonly pki: Pki
  readonly clock: Clock
  readonly log: Logger
}

/** The node beside a control plane in the same process. Rejects, with the cause, when containerd or the network cannot be had. */
export async function createOwnNode(options: OwnNodeOptions): Promise<ClusterNode> {
  const { config, bindAddress, controlPlane, node } = options
  const clients = clientsOf(controlPlane, node.name)
  const isPrivate = bindAddress.startsWith('127.')
  const address = isPrivate ? await privateAddress(options, clients.kubelet) : publicAddress(bindAddress)
  const serving = await servingCertificate(options, address)
  const rest = { cgroupRoot: cgroupRoot(config), hasPeers: !isPrivate }
  return createNode({ ...options, ...rest, address, clients, serving }, [
    controlPlane.kubernetesService(address, config.port),
  ])
}

function clientsOf(controlPlane: ControlPlane, nodeName: string): NodeClients {
  const { kubelet, network, proxy, dns, localVolumes } = componentUsers
  return {
    kubelet: controlPlane.clientFor(kubelet(nodeName)),
    network: controlPlane.clientFor(network),
    proxy: controlPlane.clientFor(proxy),
    dns: controlPlane.clientFor(dns),
    localVolumes: controlPlane.clientFor(localVolumes),
  }
}

/** A cluster that listens on loopback is private: its node, and the API, are known by an address in the pod network. */
async function privateAddress(options: OwnNodeOptions, client: Client): Promise<string> {
  const podCIDR = await presentPodCIDR(client, options)
  await prepareHost({ ...hostNetwork(options), podCIDR }, runHostCommand)
  const gateway = gatewayOf(podCIDR)
  await options.controlPlane.server.alsoListen(gateway)
  return gateway
}

const publicAddress = (bindAddress: string): string =>
  ['0.0.0.0', '::'].includes(bindAddress) ? defaultNodeAddress() : bindAddress

/** The node's pod CIDR, or the one it will get as the first node. */
async function presentPodCIDR(client: Client, { node, network }: OwnNodeOptions): Promise<string> {
  const first = network.clusterCIDR.replace(/\/16$/, '/24')
  try {
    return (await client.nodes.get({ name: node.name })).spec.podCIDR ?? first
  } catch (error) {
    if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Forbidden)) return first
    throw error
  }
}

async function servingCertificate({ pki, node }: OwnNodeOptions, address: string): Promise<ServingCertificate> {
  const make = async (): Promise<ServingTls> => {
    const { serving } = await pki.node(node.name, [node.name, address])
    return { ...serving, ca: pki.authority('ca') }
  }
  const first = await make()
  return {
    present: () => Promise.resolve(first),
    onRenewed: (listener) => pki.onRenewed(async () => listener(await make())),
  }
}
