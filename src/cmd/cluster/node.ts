import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DNS_PORT_ANNOTATION } from '../../api/cluster-dns.ts'
import { LOCAL_DIRECTORY, LOCAL_PATH } from '../../api/local-path.ts'
import type { Taint } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { runTogether } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { EventWriter } from '../../client/events.ts'
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
import { volumePlugins } from '../../kubelet/volumes/index.ts'
import { hostMounts } from '../../kubelet/volumes/mount-table.ts'
import { NodeVolumeManager } from '../../kubelet/volumes/node-volume-manager.ts'
import { ReferencedObjects } from '../../kubelet/volumes/referenced-objects.ts'
import { runHostCommand } from '../../network/host-command.ts'
import type { HostNetwork } from '../../network/host-network.ts'
import { NodeRoutes } from '../../network/node-routes.ts'
import { PodNetwork } from '../../network/pod-network.ts'
import { applyWithNft } from '../../proxy/nft.ts'
import { ServiceProxy } from '../../proxy/service-proxy.ts'
import { forgetWithConntrack } from '../../proxy/stale-connections.ts'
import type { ClusterNetwork } from './cluster-config.ts'
import type { Runtime } from './node-runtime.ts'
import { startRuntime } from './node-runtime.ts'
import type { ClusterPaths } from './paths.ts'
import type { ClusterNode, NodePart } from './running-node.ts'
import { RunningNode } from './running-node.ts'

/** The user of each part, as a client of the API server. */
export interface NodeClients {
  readonly kubelet: Client
  readonly network: Client
  readonly proxy: Client
  readonly dns: Client
  readonly localVolumes: Client
}

/** Key and certificate of the kubelet's HTTPS server, and the authority by which it knows clients: PEM. */
export interface ServingTls {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

export interface ServingCertificate {
  /** Resolves when there is one. */
  present(signal: AbortSignal): Promise<ServingTls>
  /** Calls with each later one. Returns how to stop that. */
  onRenewed(listener: (tls: ServingTls) => void): () => void
}

/** What a node is told about itself. */
export interface NodeSettings {
  readonly name: string
  readonly runtimeEndpoint?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
}

export interface NodeOptions {
  readonly paths: ClusterPaths
  readonly network: ClusterNetwork
  /** Goes before `/kubepods`, where several nodes share a host. */
  readonly cgroupRoot: string
  readonly node: NodeSettings
  /** The node's InternalIP, where its kubelet listens. */
  readonly address: string
  readonly clients: NodeClients
  readonly serving: ServingCertificate
  /** Whether there can be other nodes. */
  readonly hasPeers: boolean
  readonly clock: Clock
  readonly log: Logger
}

const CLUSTER_DOMAIN = 'cluster.local'
const KUBELET_PORT = 10_250

/**
 * Puts a node's parts together: containerd, kubelet with its HTTPS API, pod network, service proxy and DNS. The host is
 * prepared when the node's pod CIDR is known. Rejects, with the cause, when containerd cannot be had. `more` runs with them.
 */
export async function createNode(options: NodeOptions, more: readonly NodePart[] = []): Promise<ClusterNode> {
  const { node, clients, address, clock, log } = options
  const host = hostNetwork(options)
  const runtime = await startRuntime({ ...options, endpoint: node.runtimeEndpoint, cniConfigDir: host.cniConfigDir })
  const parts: NodeParts = { options, runtime, host, port: await freePort(address) }
  const components = [
    await buildKubelet(parts),
    ...networkParts(parts),
    ...proxyParts(options),
    ...localVolumeParts(options),
    ...(runtime.containerd ? [runtime.containerd] : []),
    ...more,
  ]
  return new RunningNode({ nodeName: node.name, client: clients.kubelet, runtime, components, clock, log })
}

interface NodeParts {
  readonly options: NodeOptions
  readonly runtime: Runtime
  readonly host: Omit<HostNetwork, 'podCIDR'>
  /** Of the kubelet's HTTPS server. */
  readonly port: number
}

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

async function buildKubelet({ options, runtime, port }: NodeParts): Promise<NodePart> {
  const { paths, network, node, address, clients, cgroupRoot, clock, log } = options
  const client = clients.kubelet
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
    ...(node.labels && { labels: node.labels }),
    ...(node.taints && { taints: node.taints }),
    annotations: { [LOCAL_DIRECTORY]: paths.localVolumes },
    fallbackEvents: (signal) => taskEvents(runtime.socket, signal),
    clusterDns: { servers: [network.dnsIP], domain: CLUSTER_DOMAIN },
    dataDir: paths.root,
    cgroupRoot,
    sandboxImage: PAUSE_IMAGE,
    clock,
    log,
  })
  current.kubelet = kubelet
  return {
    name: 'kubelet',
    get problem() {
      const problems = Object.values(kubelet.handlers.healthChecks).flatMap((check) => check() ?? [])
      return problems.length > 0 ? problems.join('; ') : undefined
    },
    async run(signal) {
      try {
        await runTogether([kubelet, kubeletServer(options, kubelet, port), recorder], signal)
      } finally {
        volumes.close()
      }
    },
  }
}

/** Serves the kubelet's HTTPS API as soon as there is a certificate for it. */
function kubeletServer(options: NodeOptions, { handlers }: Kubelet, port: number): Component {
  const { node, address, clients, serving, clock, log } = options
  return {
    name: 'kubelet-server',
    async run(signal) {
      const access = new KubeletAccess({ client: clients.kubelet, nodeName: node.name, clock })
      const tls = await serving.present(signal)
      await using server = await KubeletServer.listen({
        address,
        port,
        tls,
        handlers,
        access,
        nodeName: node.name,
        clock,
        log,
      })
      const unsubscribe = serving.onRenewed((renewed) => server.renew(renewed))
      try {
        await untilAborted(signal)
      } finally {
        unsubscribe()
      }
    },
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** The bridge for this node's pods, the ways to those of other nodes, and the names that pods ask for. */
function networkParts({ options, host }: NodeParts): Component[] {
  const { node, network, clients, hasPeers, clock, log } = options
  const { clusterCIDR } = network
  const watched = createInformers(clients.network, { clock, log })
  const common = { nodes: watched.nodes, nodeName: node.name, run: runHostCommand, clock, log }
  const podNetwork = new PodNetwork({ ...common, host })
  const routes = hasPeers ? [new NodeRoutes({ ...common, clusterCIDR })] : []
  return [podNetwork, ...routes, watched, ...dnsParts(options, podNetwork.whenReady())]
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

function localVolumeParts({ clients, node, paths, clock, log }: NodeOptions): Component[] {
  const client = clients.localVolumes
  const informers = createInformers(client, { clock, log })
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
