import type { FeatureGates } from '../../api/feature-gates.ts'
import { componentUsers } from '../../apiserver/bootstrap/component-users.ts'
import type { Pki } from '../../apiserver/pki/pki.ts'
import { loadOrCreatePki } from '../../apiserver/pki/pki.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { runTogether } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import { orAborted } from '../../base/or-aborted.ts'
import type { Client } from '../../client/clientset.ts'
import type { LeaderElectionTimes } from '../../client/leader-election-times.ts'
import { defaultNodeAddress } from '../../kubelet/node/machine.ts'
import { Followers } from '../../store/sqlite/followers.ts'
import type { Store } from '../../store/store.ts'
import type { SnapshotPlan } from '../snapshot-options.ts'
import { navarchVersion } from '../version.ts'
import { mergeIntoUserKubeconfig, writeAdminKubeconfig } from './admin-kubeconfig.ts'
import { ApiWorkers } from './api-workers.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { clusterNetwork, storeOf } from './cluster-config.ts'
import { type ClusterStore, openStore } from './cluster-store.ts'
import { ControlPlane } from './control-plane.ts'
import { serveControl } from './control-socket.ts'
import { IdleCollection, ownMemory } from './idle-collection.ts'
import type { ClusterPaths } from './paths.ts'
import { PortShares } from './port-shares.ts'
import type { ClusterNode } from './running-node.ts'
import type { ClusterStatus, ComponentStatus, NodeStatus } from './status.ts'

/** What tells a server that is one of several of its cluster from the others. */
export interface ServerRole {
  /** Where nodes, pods and the other servers reach it. */
  readonly advertiseAddress: string
  /** What else clients call it by: names and addresses of a load balancer. */
  readonly tlsSans: readonly string[]
  /** Absent: this server leads without being elected. */
  readonly election?: LeaderElectionTimes
}

export interface ClusterOptions {
  readonly paths: ClusterPaths
  readonly config: ClusterConfig
  readonly bindAddress: string
  /** Threads that serve the API beside the main one. */
  readonly apiWorkers: number
  readonly runtimeConfig: Readonly<Record<string, boolean>>
  readonly featureGates: FeatureGates
  /** Absent: control plane alone. */
  readonly node?: { readonly name: string; readonly runtimeEndpoint?: string }
  readonly simulatedNodes: number
  /** When snapshots are made; absent: never. */
  readonly snapshots?: SnapshotPlan
  /** Absent: this is the only server. */
  readonly role?: ServerRole
  readonly clock: Clock
  readonly log: Logger
  /** Told what is being waited for, and what has been reached. */
  readonly report: (line: string) => void
}

/** A whole cluster in this process. */
export class Cluster implements Component {
  readonly name = 'cluster'
  readonly #options: ClusterOptions
  readonly #startedAt: number
  readonly #ready = Promise.withResolvers<void>()
  readonly #waitingFor = new Set<string>()
  #controlPlane: ControlPlane | undefined
  #node: ClusterNode | undefined
  #storeProblem: () => string | undefined = () => undefined
  #state: ClusterStatus['state'] = 'starting'

  constructor(options: ClusterOptions) {
    this.#options = options
    this.#startedAt = options.clock.monotonic()
    this.#ready.promise.catch(() => undefined) // nobody has to wait for it
  }

  /** Resolves when the API answers and the node, if there is one, is Ready. */
  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  async run(signal: AbortSignal): Promise<void> {
    const { paths, config, clock, log } = this.#options
    try {
      const { runtimeConfig, role } = this.#options
      const network = clusterNetwork(config)
      const pki = await loadOrCreatePki(paths.pki, { clock, hosts: servingHosts(this.#options) })
      const opened = await openStore(storeOf(paths, config), { clock, log, runtimeConfig })
      await using store = opened.store
      using followers = this.#followers(store)
      this.#storeProblem = () => store.unhealthy()
      const { bindAddress: host, featureGates, node, simulatedNodes } = this.#options
      const version = navarchVersion()
      const controlPlane = new ControlPlane({
        ...opened,
        pki,
        host,
        port: config.port,
        ...(this.#options.apiWorkers > 0 && { portShares: PortShares.mainThread }),
        network,
        publicServer: this.#publicServer(),
        ...((node || role || simulatedNodes > 0) && { localVolumesDir: paths.localVolumes }),
        runtimeConfig,
        featureGates,
        ...(role?.election && { election: role.election }),
        version,
        clock,
        log,
      })
      this.#controlPlane = controlPlane
      await using _control = await serveControl(paths.controlSocket, {
        status: () => this.status(),
        loadImages: (files) => this.#loadImages(files),
      })
      const rest: Component = {
        name: 'cluster-parts',
        run: (stop) => this.#runParts(controlPlane, pki, followers, stop),
      }
      await runTogether([controlPlane, rest, ...(await this.#snapshots(opened))], signal)
    } catch (error) {
      this.#ready.reject(error)
      throw error
    }
  }

  /** Where nodes that join reach this server. */
  #publicServer(): string {
    const { role, bindAddress, config } = this.#options
    const isOpen = role || !bindAddress.startsWith('127.')
    return localServer(isOpen ? (role?.advertiseAddress ?? defaultNodeAddress()) : bindAddress, config)
  }

  async #snapshots({ store, origin }: ClusterStore): Promise<Component[]> {
    const { snapshots, clock, log } = this.#options
    if (!snapshots) return []
    const { SnapshotSchedule } = await import('./snapshot-schedule.ts')
    return [new SnapshotSchedule({ ...snapshots, origin, revision: () => store.revision(), clock, log })]
  }

  /** The embedded store lets other threads follow it; etcd needs nobody's leave. */
  #followers(store: Store): Followers | undefined {
    const { paths, config, apiWorkers } = this.#options
    return apiWorkers > 0 && !config.etcd ? new Followers({ store, file: paths.database }) : undefined
  }

  /** Threads that serve the API too. They come after the main one: their sockets are only one more of the same port. */
  #apiWorkers(followers: Followers | undefined): ApiWorkers | undefined {
    const { paths, config, bindAddress, runtimeConfig, featureGates, apiWorkers, clock, log } = this.#options
    if (apiWorkers === 0) return undefined
    const gates = featureGates.list().map(({ name, enabled }) => `${name}=${enabled}`)
    const hosts = servingHosts(this.#options)
    const data = { paths, config, bindAddress, hosts, runtimeConfig, featureGates: gates }
    return new ApiWorkers({ count: apiWorkers, data, ...(followers && { followers }), clock, log })
  }

  async #runParts(
    controlPlane: ControlPlane,
    pki: Pki,
    followers: Followers | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { paths, config, bindAddress, node, role, simulatedNodes, clock, log } = this.#options
    await this.#waiting('API server', controlPlane.whenReady(), signal)
    const server = localServer(bindAddress, config)
    await writeAdminKubeconfig(paths.adminKubeconfig, server, pki)
    if (config.instance === 0 && !role) await mergeIntoUserKubeconfig(paths.adminKubeconfig, log)
    const parts: Component[] = []
    const workers = this.#apiWorkers(followers)
    if (workers) parts.push(workers)
    if (node) {
      const { createOwnNode } = await import('./own-node.ts')
      this.#node = await createOwnNode({ ...this.#options, node, controlPlane, pki, network: clusterNetwork(config) })
      parts.push(this.#node)
    } else {
      parts.push(controlPlane.kubernetesService(role?.advertiseAddress ?? defaultNodeAddress(), config.port))
    }
    if (simulatedNodes > 0) {
      const { simulatedNodeComponents } = await import('./simulated-nodes.ts')
      parts.push(...simulatedNodeComponents({ count: simulatedNodes, controlPlane, clock, log }))
    }
    const memory = ownMemory()
    if (memory) parts.push(new IdleCollection({ clock, memory }))
    parts.push({ name: 'readiness', run: (stop) => this.#becomeReady(workers, stop) })
    await runTogether(parts, signal)
  }

  async #becomeReady(workers: ApiWorkers | undefined, signal: AbortSignal): Promise<void> {
    if (workers) await this.#waiting('API workers', workers.whenReady(), signal)
    if (this.#node) await this.#waiting('node', this.#node.whenReady(), signal)
    this.#state = 'running'
    this.#options.report('the cluster is ready')
    this.#ready.resolve()
  }

  /** Reports what is waited for when it takes longer than a moment, and how long it took. */
  async #waiting(what: string, until: Promise<unknown>, signal: AbortSignal): Promise<void> {
    const { clock, report } = this.#options
    this.#waitingFor.add(what)
    const cancel = clock.after(1000, () => report(`waiting for the ${what}`))
    try {
      await orAborted(until, signal)
      report(`${what} ready after ${((clock.monotonic() - this.#startedAt) / 1000).toFixed(1)} s`)
    } finally {
      cancel()
      this.#waitingFor.delete(what)
    }
  }

  async #loadImages(files: readonly string[]): Promise<readonly string[]> {
    if (!this.#node) throw new Error('this cluster has no node to load images into')
    return this.#node.loadImages(files)
  }

  async status(): Promise<ClusterStatus> {
    const { paths, config, bindAddress } = this.#options
    const client = this.#controlPlane?.clientFor(componentUsers.apiserver)
    const unknown: Overview = [[], {}]
    const isReadable = client && this.#state === 'running' && this.#storeProblem() === undefined
    const [nodes, pods] = isReadable ? await overview(client).catch(() => unknown) : unknown // the store fails just now
    return {
      state: this.#state,
      dataDir: paths.root,
      server: localServer(bindAddress, config),
      kubeconfig: paths.adminKubeconfig,
      pid: process.pid,
      components: [...this.#components(), ...(this.#node?.components() ?? [])],
      nodes,
      pods,
      memoryBytes: process.memoryUsage.rss(),
    }
  }

  #components(): ComponentStatus[] {
    const starting = this.#waitingFor.has('API server')
    const problem = starting ? 'starting' : this.#storeProblem()
    const state = { healthy: problem === undefined, ...(problem !== undefined && { message: problem }) }
    return ['apiserver', 'controller-manager', 'scheduler'].map((name) => {
      const standsBy = state.healthy && this.#controlPlane?.standsBy(`kube-${name}`)
      return { name, ...state, ...(standsBy && { message: 'stands by, another server leads' }) }
    })
  }
}

type Overview = [NodeStatus[], Record<string, number>]

async function overview(client: Client): Promise<Overview> {
  const [nodes, pods] = await Promise.all([client.nodes.list(), client.pods.list()])
  const phases: Record<string, number> = {}
  for (const { status } of pods.items) phases[status.phase ?? 'Unknown'] = (phases[status.phase ?? 'Unknown'] ?? 0) + 1
  return [nodes.items.map(nodeStatus), phases]
}

function nodeStatus({ metadata, spec, status }: Awaited<ReturnType<Client['nodes']['get']>>): NodeStatus {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  const address = status.addresses?.find(({ type }) => type === 'InternalIP')?.address
  return {
    name: metadata.name,
    ready: ready?.status === 'True',
    ...(address && { address }),
    ...(spec.podCIDR && { podCIDR: spec.podCIDR }),
    ...(ready?.status !== 'True' && ready?.message && { message: ready.message }),
  }
}

/** Where this host's user reaches the API server. */
export function localServer(bindAddress: string, { port }: Pick<ClusterConfig, 'port'>): string {
  if (['0.0.0.0', '::'].includes(bindAddress)) return `https://127.0.0.1:${port}`
  return `https://${bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress}:${port}`
}

/** What the API server's certificate is for, beside what every one is for. */
function servingHosts({ config, bindAddress, role }: ClusterOptions): string[] {
  const bound = ['0.0.0.0', '::'].includes(bindAddress) ? [] : [bindAddress]
  const own = role ? [role.advertiseAddress, ...role.tlsSans] : []
  return [clusterNetwork(config).apiServiceIP, gatewayHost(config), ...bound, ...own]
}

/** The first node's address in the pod network: pods reach the API server there. */
function gatewayHost(config: ClusterConfig): string {
  return clusterNetwork(config).clusterCIDR.replace(/\.0\.0\/16$/, '.0.1')
}
