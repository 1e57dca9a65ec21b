import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { LOCAL_PATH } from '../../api/local-path.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import { componentUsers } from '../../apiserver/bootstrap/component-users.ts'
import type { Pki } from '../../apiserver/pki/pki.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { runTogether } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { EventWriter } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import { createInformers } from '../../client/informers.ts'
import { ClusterDns } from '../../dns/dns.ts'
import { taskEvents } from '../../kubelet/containerd/task-events.ts'
import { KubeletAccess } from '../../kubelet/http/access.ts'
import { KubeletServer } from '../../kubelet/http/kubelet-server.ts'
import { PAUSE_IMAGE } from '../../kubelet/images/pause-image.ts'
import type { Kubelet } from '../../kubelet/kubelet.ts'
import { createKubelet } from '../../kubelet/kubelet.ts'
import { LocalVolumes } from '../../kubelet/local-volumes/local-volumes.ts'
import { VolumeDirectories } from '../../kubelet/local-volumes/volume-directories.ts'
import { defaultNodeAddress } from '../../kubelet/node/machine.ts'
import { volumePlugins } from '../../kubelet/volumes/index.ts'
import { hostMounts } from '../../kubelet/volumes/mount-table.ts'
import { NodeVolumeManager } from '../../kubelet/volumes/node-volume-manager.ts'
import { ReferencedObjects } from '../../kubelet/volumes/referenced-objects.ts'
import { gatewayOf } from '../../network/addressing.ts'
import { runHostCommand } from '../../network/host-command.ts'
import type { HostNetwork } from '../../network/host-network.ts'
import { prepareHost } from '../../network/host-network.ts'
import { PodNetwork } from '../../network/pod-network.ts'
import { applyWithNft } from '../../proxy/nft.ts'
import { ServiceProxy } from '../../proxy/service-proxy.ts'
import { forgetWithConntrack } from '../../proxy/stale-connections.ts'
import type { ClusterConfig, ClusterNetwork } from './cluster-config.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Runtime } from './node-runtime.ts'
import { startRuntime } from './node-runtime.ts'
import type { ClusterPaths } from './paths.ts'
import type { ClusterNode, NodePart } from './running-node.ts'
import { RunningNode } from './running-node.ts'

export interface NodeOptions {
  readonly paths: ClusterPaths
  readonly config: ClusterConfig
  readonly network: ClusterNetwork
  readonly node: { readonly name: string; readonly runtimeEndpoint?: string }
  readonly bindAddress: string
  readonly controlPlane: ControlPlane
  readonly pki: Pki
  readonly clock: Clock
  readonly log: Logger
}

const CLUSTER_DOMAIN = 'cluster.local'
const KUBELET_PORT = 10_250

/**
 * Prepares the host and puts the node's parts together: containerd, kubelet with its HTTPS API, pod network, service proxy
 * and DNS. Rejects, with the cause, when containerd or the network cannot be had.
 */
export async function createNode(options: NodeOptions): Promise<ClusterNode> {
  const { controlPlane, node, clock, log } = options
  const client = controlPlane.clientFor(componentUsers.kubelet(node.name))
  const podCIDR = await presentPodCIDR(client, options)
  const host = hostNetwork(options)
  const runtime = await startRuntime({ ...options, endpoint: node.runtimeEndpoint, cniConfigDir: host.cniConfigDir })
  await prepareHost({ ...host, podCIDR }, runHostCommand)
  const gateway = gatewayOf(podCIDR)
  const address = isPrivate(options) ? gateway : defaultNodeAddress()
  if (isPrivate(options)) await controlPlane.server.alsoListen(gateway)
  const parts: NodeParts = { options, client, runtime, host, gateway, address, port: await freePort(address) }
  const kubelet = await buildKubelet(parts)
  const watched = informersFor(controlPlane.clientFor(componentUsers.network), clock, log)
  const podNetwork = new PodNetwork({
    nodes: watched.nodes,
    nodeName: node.name,
    host,
    run: runHostCommand,
    clock,
    log,
  })
  const components = [
    kubelet,
    podNetwork,
    watched,
    ...proxyParts(parts),
    ...dnsParts(parts),
    ...localVolumeParts(parts),
    controlPlane.kubernetesService(gateway, options.config.port),
    ...(runtime.containerd ? [runtime.containerd] : []),
  ]
  return new RunningNode({ nodeName: node.name, client, runtime, components, clock, log })
}

interface NodeParts {
  readonly options: NodeOptions
  readonly client: Client
  readonly runtime: Runtime
  readonly host: Omit<HostNetwork, 'podCIDR'>
  /** The node's address in the pod network. */
  readonly gateway: string
  /** The node's InternalIP, where its kubelet listens. */
  readonly address: string
  readonly port: number
}

/** A cluster that listens on loopback is private: its node is known by its address in the pod network. */
const isPrivate = ({ bindAddress }: NodeOptions): boolean => bindAddress.startsWith('127.')

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

/** Nodes on one host have cgroups of their own. */
export const cgroupRoot = ({ instance }: ClusterConfig): string => (instance === 0 ? '' : `navarch${instance}`)

/** The node's pod CIDR, or the one it will get as the first node. */
async function presentPodCIDR(client: Client, { node, network }: NodeOptions): Promise<string> {
  const first = network.clusterCIDR.replace(/\/16$/, '/24')
  try {
    return (await client.nodes.get({ name: node.name })).spec.podCIDR ?? first
  } catch (error) {
    if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Forbidden)) return first
    throw error
  }
}

async function buildKubelet({ options, client, runtime, address, port }: NodeParts): Promise<NodePart> {
  const { paths, config, network, node, pki, clock, log } = options
  const recorder = new EventWriter({ client, component: 'kubelet', host: node.name, clock, log })
  const objects = new ReferencedObjects({ client, clock, log })
  const root = join(paths.kubelet, 'volumes')
  await mkdir(root, { recursive: true })
  const current: { kubelet?: Kubelet } = {} // made below, of the volumes
  const volumes = new NodeVolumeManager({
    client,
    objects,
    mounts: hostMounts,
    plugins: volumePlugins,
    root,
    memoryRoot: paths.memory,
    allocatable: () => current.kubelet?.handlers.node()?.status.allocatable ?? {},
    clock,
    log,
  })
  const kubelet = await createKubelet({
    client,
    volumes,
    recorder,
    runtime: runtime.cri,
    nodeName: node.name,
    addresses: [address],
    port,
    fallbackEvents: (signal) => taskEvents(runtime.socket, signal),
    clusterDns: { servers: [network.dnsIP], domain: CLUSTER_DOMAIN },
    dataDir: paths.root,
    cgroupRoot: cgroupRoot(config),
    sandboxImage: PAUSE_IMAGE,
    clock,
    log,
  })
  current.kubelet = kubelet
  const { serving } = await pki.node(node.name, [node.name, address])
  const access = new KubeletAccess({ client, nodeName: node.name, clock })
  const tls = { ...serving, ca: pki.authority('ca') }
  return {
    name: 'kubelet',
    get problem() {
      const problems = Object.values(kubelet.handlers.healthChecks).flatMap((check) => check() ?? [])
      return problems.length > 0 ? problems.join('; ') : undefined
    },
    async run(signal) {
      await using server = await KubeletServer.listen({
        address,
        port,
        tls,
        handlers: kubelet.handlers,
        access,
        nodeName: node.name,
        clock,
        log,
      })
      const unsubscribe = pki.onRenewed(async () => {
        const renewed = await pki.node(node.name, [node.name, address])
        server.renew({ ...renewed.serving, ca: pki.authority('ca') })
      })
      try {
        await runTogether([kubelet, recorder], signal)
      } finally {
        unsubscribe()
        volumes.close()
      }
    },
  }
}

function informersFor(client: Client, clock: Clock, log: Logger): Informers {
  return createInformers(client, { clock, log })
}

function proxyParts({ options }: NodeParts): Component[] {
  const { controlPlane, node, network, clock, log } = options
  const informers = informersFor(controlPlane.clientFor(componentUsers.proxy), clock, log)
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

function dnsParts({ options, gateway }: NodeParts): Component[] {
  const { controlPlane, node, network, clock, log } = options
  const client = controlPlane.clientFor(componentUsers.dns)
  const informers = informersFor(client, clock, log)
  const { services, endpointSlices, namespaces } = informers
  const dns = new ClusterDns({
    client,
    services,
    endpointSlices,
    namespaces,
    domain: CLUSTER_DOMAIN,
    clusterIP: network.dnsIP,
    nodeName: node.name,
    listenAddress: Promise.resolve(gateway),
    clock,
    log,
  })
  return [dns, informers]
}

function localVolumeParts({ options }: NodeParts): Component[] {
  const { controlPlane, node, paths, clock, log } = options
  const client = controlPlane.clientFor(componentUsers.localVolumes)
  const informers = informersFor(client, clock, log)
  const events = new EventWriter({ client, component: LOCAL_PATH, host: node.name, clock, log })
  const directories = new VolumeDirectories({ root: paths.localVolumes, mounts: hostMounts })
  const isOurs = (host: string): boolean => host === node.name
  const volumes = informers.persistentVolumes
  return [new LocalVolumes({ client, volumes, isOurs, directories, events, clock, log }), informers, events]
}

/** The kubelet's well-known port, or any when another node of this host has it. */
async function freePort(address: string): Promise<number> {
  for (const port of [KUBELET_PORT, 0]) {
    const found = await tryPort(address, port)
    if (found !== undefined) return found
  }
  throw new Error(`no port is free on ${address}`)
}

function tryPort(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(undefined))
    server.listen({ host, port }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined))
    })
  })
}
