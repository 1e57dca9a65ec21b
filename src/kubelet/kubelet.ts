import { mkdir, readFile } from 'node:fs/promises'
import { hasReason, Reason } from '../api/status-error.ts'
import type { Node, Pod, Service, Taint } from '../api/types/core.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import { runTogether } from '../base/component.ts'
import type { Logger } from '../base/log.ts'
import type { ResourceClient } from '../client/client.ts'
import type { Client } from '../client/clientset.ts'
import type { EventRecorder } from '../client/events.ts'
import { InformerCache } from '../client/informer-cache.ts'
import { detectCgroups } from './cgroups/cgroup-host.ts'
import { CgroupTree } from './cgroups/cgroup-tree.ts'
import type { ContainerEvent, ContainerRuntime } from './cri/container-runtime.ts'
import type { DnsConfig } from './cri/messages.ts'
import type { ClusterDns } from './environment/dns.ts'
import { parseResolvConf } from './environment/dns.ts'
import { EvictionManager } from './eviction/eviction-manager.ts'
import type { KubeletHandlers } from './http/handlers.ts'
import { ImageCollector } from './images/image-collector.ts'
import { ImagePuller } from './images/image-puller.ts'
import { kubeletHandlers } from './kubelet-handlers.ts'
import { LogRotator } from './logs/log-rotator.ts'
import { readMachine } from './node/machine.ts'
import { NodeLease } from './node/node-lease.ts'
import { NodeReporter } from './node/node-reporter.ts'
import { nodeAllocatable } from './node/node-status.ts'
import { ContainerKiller } from './pods/container-killer.ts'
import { ContainerStarter } from './pods/container-starter.ts'
import { PodDirectories } from './pods/pod-directories.ts'
import { PodEvents } from './pods/pod-events.ts'
import { PodManager } from './pods/pod-manager.ts'
import { PodSync } from './pods/pod-sync.ts'
import { RuntimePodReader } from './pods/runtime-pod.ts'
import { RuntimeWatch } from './pods/runtime-watch.ts'
import { StatusManager } from './pods/status-manager.ts'
import { Prober } from './probes/prober.ts'
import { probeRunner } from './probes/run-probe.ts'
import type { VolumeManager } from './volumes/volume-manager.ts'

export interface KubeletDeps {
  /** With the identity `system:node:<nodeName>`. */
  readonly client: Client
  readonly runtime: ContainerRuntime
  /** For runtimes without CRI events: containerd's own (`taskEvents`). */
  readonly fallbackEvents?: (signal: AbortSignal) => AsyncIterable<ContainerEvent>
  readonly volumes: VolumeManager
  readonly recorder: EventRecorder
  readonly nodeName: string
  /** The node's own, the first first. */
  readonly addresses: readonly string[]
  /** Where the kubelet's HTTPS server listens. */
  readonly port: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** Which the node has when it is registered for the first time. */
  readonly taints?: readonly Taint[]
  readonly clusterDns: ClusterDns
  readonly dataDir: string
  /** Put before `/kubepods`, where several nodes share a host. */
  readonly cgroupRoot?: string
  /** Never removed by image collection. */
  readonly sandboxImage: string
  readonly parallelPulls?: number
  readonly clock: Clock
  readonly log: Logger
}

export interface Kubelet extends Component {
  /** For the HTTPS server. */
  readonly handlers: KubeletHandlers
}

/** Builds the node agent. Nothing runs until `run`; when that ends, containers go on running. */
export async function createKubelet(deps: KubeletDeps): Promise<Kubelet> {
  const { client, runtime, volumes, recorder, nodeName, addresses, clock, log, dataDir } = deps
  const directories = new PodDirectories(dataDir)
  for (const path of [directories.pods, directories.logs]) await mkdir(path, { recursive: true })
  const [machine, cgroupHost, hostDns] = await Promise.all([readMachine(), detectCgroups(), readHostDns()])

  const pods = follow<Pod>('pods', client.pods, { fieldSelector: `spec.nodeName=${nodeName}` }, deps)
  const nodes = follow<Node>('nodes', client.nodes, { fieldSelector: `metadata.name=${nodeName}` }, deps)
  const services = follow<Service>('services', client.services, {}, deps)

  const events = new PodEvents(recorder)
  const reader = new RuntimePodReader(runtime)
  const cgroups = new CgroupTree(cgroupHost, deps.cgroupRoot)
  const statuses = new StatusManager({ client, clock, log })
  const images = new ImagePuller({ runtime, events, clock, pullSecret: pullSecrets(client), ...pullLimit(deps) })
  const killer = new ContainerKiller({ runtime, events, clock, log })
  const look = (uid: string): void => manager.worker(uid)?.look()
  const prober = new Prober({ run: probeRunner(runtime), events, clock, log, onChange: look })
  const allocatable = nodeAllocatable(machine, 0)
  const starter = new ContainerStarter({
    runtime,
    images,
    volumes,
    directories,
    events,
    clock,
    log,
    hostIPs: addresses,
    clusterDomain: deps.clusterDns.domain,
    environment: {
      configMap: (namespace, name, signal) => client.configMaps.get({ namespace, name }, { signal }),
      secret: (namespace, name, signal) => client.secrets.get({ namespace, name }, { signal }),
      services: () => services.lister.list(),
      allocatable: () => allocatable,
    },
    host: {
      memoryCapacityBytes: machine.memoryBytes,
      cgroupVersion: cgroupHost.version,
      hugepageSizes: machine.hugepages.map(({ size }) => size),
    },
  })
  const sync = new PodSync({
    runtime,
    reader,
    starter,
    killer,
    volumes,
    cgroups,
    prober,
    directories,
    events,
    clock,
    log,
    clusterDns: deps.clusterDns,
    hostDns: () => hostDns,
    runtimeHandler: async (name, signal) => (await client.runtimeClasses.get({ name }, { signal })).handler,
  })
  const workerDeps = { client, runtime, reader, sync, killer, images, volumes, cgroups, prober, statuses, directories }
  const manager = new PodManager({ ...workerDeps, events, hostIPs: addresses, clock, log, pods, nodes, nodeName })

  let runtimeFailure: string | undefined
  const watch = new RuntimeWatch({
    runtime,
    clock,
    log,
    ...(deps.fallbackEvents && { fallbackEvents: deps.fallbackEvents }),
    onChange: (pod) => manager.look(pod),
    onHealth: (failure) => {
      runtimeFailure = failure
    },
  })
  manager.attach(watch)

  const eviction = new EvictionManager({
    pods: manager,
    runtime,
    events,
    dataDir,
    clock,
    log,
    onChange: () => reporter.look(),
  })
  const reporter = new NodeReporter({
    client,
    runtime,
    recorder,
    nodeName,
    addresses,
    port: deps.port,
    labels: deps.labels ?? {},
    annotations: deps.annotations ?? {},
    taints: deps.taints ?? [],
    machine,
    dataDir,
    pressures: () => eviction.pressures,
    clock,
    log,
  })
  const lease = new NodeLease({ client, nodeName, nodeUid: () => reporter.node?.metadata.uid, clock, log })
  const collector = new ImageCollector({ runtime, dataDir, sandboxImage: deps.sandboxImage, clock, log })
  const rotator = new LogRotator({ runtime, clock, log, containers: () => manager.list().length > 0 })
  const healthChecks = { ping: () => undefined, runtime: () => runtimeFailure, syncloop: () => undefined }
  const components = [pods, nodes, services].map((informer) => ({
    name: 'informer',
    run: (s: AbortSignal) => informer.run(s),
  }))

  return {
    name: 'kubelet',
    handlers: kubeletHandlers({ pods: manager, reader, runtime, node: () => reporter.node, healthChecks }),
    async run(signal) {
      await cgroups.prepare(machine.cpus * 1000)
      try {
        await runTogether([...components, reporter, lease, watch, manager, eviction, collector, rotator], signal)
      } finally {
        prober.stop()
      }
    },
  }
}

/** An informer over a part of a resource: a node may read no more than its own. */
function follow<T extends Pod | Node | Service>(
  name: string,
  source: ResourceClient<T>,
  selector: { readonly fieldSelector?: string },
  { clock, log }: Pick<KubeletDeps, 'clock' | 'log'>,
): InformerCache<T> {
  return new InformerCache<T>({
    name,
    clock,
    log,
    source: {
      list: (options) => source.list({ ...options, ...selector }),
      watchTogether: (options, signal) => source.watchTogether({ ...options, ...selector }, signal),
    },
  })
}

function pullLimit({ parallelPulls }: KubeletDeps): { parallelPulls?: number } {
  return parallelPulls === undefined ? {} : { parallelPulls }
}

function pullSecrets({ secrets }: Pick<Client, 'secrets'>) {
  return async (namespace: string, name: string, signal: AbortSignal) => {
    try {
      return await secrets.get({ namespace, name }, { signal })
    } catch (error) {
      if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Forbidden)) return undefined
      throw error
    }
  }
}

/** The host's resolver; behind systemd's stub, which pods cannot reach, what the stub itself asks. */
async function readHostDns(): Promise<DnsConfig> {
  const read = async (path: string) => parseResolvConf(await readFile(path, 'utf8').catch(() => ''))
  const own = await read('/etc/resolv.conf')
  const isStub = own.servers.length > 0 && own.servers.every((server) => server.startsWith('127.'))
  const behind = isStub ? await read('/run/systemd/resolve/resolv.conf') : own
  return behind.servers.length > 0 ? behind : own
}
