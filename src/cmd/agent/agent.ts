import { networkInterfaces } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { runTogether } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import { orAborted } from '../../base/or-aborted.ts'
import { ServerDirectory } from '../../client/server-directory.ts'
import type { ClusterConfig } from '../cluster/cluster-config.ts'
import { cgroupRoot, clusterNetwork } from '../cluster/cluster-config.ts'
import { serveControl } from '../cluster/control-socket.ts'
import type { NodeSettings, ServingCertificate } from '../cluster/node.ts'
import { createNode } from '../cluster/node.ts'
import type { ClusterPaths } from '../cluster/paths.ts'
import type { ClusterNode } from '../cluster/running-node.ts'
import type { ClusterStatus } from '../cluster/status.ts'
import type { KnownServers } from './known-servers.ts'
import type { NodeCredentials } from './node-credentials.ts'

export interface AgentOptions {
  readonly paths: ClusterPaths
  readonly config: ClusterConfig
  readonly node: NodeSettings
  /** The node's InternalIP. */
  readonly address: string
  /** The cluster's authority, PEM. */
  readonly ca: string
  readonly credentials: NodeCredentials
  /** Those that the user named. */
  readonly named: readonly string[]
  readonly known: KnownServers
  readonly clock: Clock
  readonly log: Logger
  /** Told what has been reached. */
  readonly report: (line: string) => void
}

const WAITING_MS = 5_000

/** A node of a cluster whose servers run elsewhere. */
export class Agent implements Component {
  readonly name = 'agent'
  readonly #options: AgentOptions
  readonly #ready = Promise.withResolvers<void>()
  #node: ClusterNode | undefined
  #isReady = false

  constructor(options: AgentOptions) {
    this.#options = options
    this.#ready.promise.catch(() => undefined) // nobody has to wait for it
  }

  /** Resolves when the node is Ready. */
  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  async run(signal: AbortSignal): Promise<void> {
    const { paths } = this.#options
    try {
      await using _control = await serveControl(paths.controlSocket, {
        status: () => Promise.resolve(this.status()),
        loadImages: (files) => this.#loadImages(files),
      })
      await this.#runNode(signal)
    } catch (error) {
      this.#ready.reject(error)
      throw error
    } finally {
      this.#options.credentials[Symbol.dispose]()
    }
  }

  status(): ClusterStatus {
    const { paths, credentials, node, address } = this.#options
    const components = this.#node?.components() ?? []
    const own = components.find(({ name }) => name === 'node')
    return {
      state: this.#isReady ? 'running' : 'starting',
      dataDir: paths.root,
      server: credentials.current,
      pid: process.pid,
      components,
      nodes: [
        {
          name: node.name,
          ready: own?.healthy ?? false,
          address,
          ...(own?.message !== undefined && { message: own.message }),
        },
      ],
      pods: {},
      memoryBytes: process.memoryUsage.rss(),
    }
  }

  async #runNode(signal: AbortSignal): Promise<void> {
    const { paths, config, node, address, credentials, clock, log } = this.#options
    const { kubelet, parts } = credentials
    const nodeOptions = {
      paths,
      network: clusterNetwork(config),
      cgroupRoot: cgroupRoot(config),
      node,
      address,
      clients: {
        kubelet: credentials.clientOf(kubelet),
        network: credentials.clientOf(parts.network),
        proxy: credentials.clientOf(parts.proxy),
        dns: credentials.clientOf(parts.dns),
        localVolumes: credentials.clientOf(parts.localVolumes),
      },
      serving: this.#serving(),
      hasPeers: true,
      clock,
      log,
    }
    this.#node = await createNode(nodeOptions, [credentials.serving])
    const readiness: Component = { name: 'readiness', run: (stop) => this.#becomeReady(stop) }
    await runTogether([this.#node, ...credentials.clients, this.#directory(), readiness], signal)
  }

  /** Learns which servers there are, for now and for the next start. */
  #directory(): Component {
    const { credentials, named, known, clock, log } = this.#options
    const use = (learned: readonly string[]): void => {
      known.learn(learned, named)
      credentials.use(known.servers)
    }
    return new ServerDirectory({ client: credentials.clientOf(credentials.parts.proxy), servers: { use }, clock, log })
  }

  #serving(): ServingCertificate {
    const { ca, credentials } = this.#options
    const { serving } = credentials
    return {
      present: async (signal) => ({ ...(await serving.present(signal)), ca }),
      onRenewed: (listener) => serving.onRenewed((pair) => listener({ ...pair, ca })),
    }
  }

  async #becomeReady(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const cancel = clock.after(WAITING_MS, () => this.#tellWaiting())
    try {
      await orAborted((this.#node as ClusterNode).whenReady(), signal)
    } finally {
      cancel()
    }
    this.#isReady = true
    this.#options.report(`the node ${this.#options.node.name} is Ready`)
    this.#ready.resolve()
  }

  #tellWaiting(): void {
    const { report, credentials } = this.#options
    const ill = (this.#node?.components() ?? []).filter(({ healthy }) => !healthy)
    const why = ill.map(({ name, message }) => `${name}: ${message}`).join('; ')
    report(`waiting for the node to be Ready at ${credentials.current} (${why})`)
  }

  async #loadImages(files: readonly string[]): Promise<readonly string[]> {
    if (!this.#node) throw new Error('the node has not started yet')
    return this.#node.loadImages(files)
  }
}

/** Whether an address is one of this host's. */
export function isOwnAddress(address: string, interfaces = networkInterfaces()): boolean {
  return Object.values(interfaces).some((addresses) => addresses?.some((own) => own.address === address))
}
