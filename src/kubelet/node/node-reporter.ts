import { hasReason, Reason } from '../../api/status-error.ts'
import type { Node, NodeStatus, Taint } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { equal } from '../pods/status-manager.ts'
import type { Machine } from './machine.ts'
import { readFileSystem } from './machine.ts'
import type { Pressure } from './node-status.ts'
import { nodeStatus } from './node-status.ts'
import { runtimeProblems } from './runtime-health.ts'

export interface NodeReporterDeps {
  readonly client: Pick<Client, 'nodes'>
  readonly runtime: ContainerRuntime
  readonly recorder: EventRecorder
  readonly nodeName: string
  readonly addresses: readonly string[]
  readonly port: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly machine: Machine
  readonly dataDir: string
  pressures(): ReadonlySet<Pressure>
  readonly clock: Clock
  readonly log: Logger
}

const CHECK_MS = 10_000
/** A node that is not ready yet is looked at more often: pods wait for it. */
const UNREADY_CHECK_MS = 200
/** A status without news is written this often. */
const REPORT_MS = 5 * 60_000

/** Registers this node and keeps its status true: written when it changed, and every 5 minutes as a sign of life. */
export class NodeReporter implements Component {
  readonly name = 'node-status'
  readonly #deps: NodeReporterDeps
  #node: DeepReadonly<Node> | undefined // as the server returned it last
  #reportedAt = Number.NEGATIVE_INFINITY // monotonic ms
  #ready = false
  #wake = (): void => {}

  constructor(deps: NodeReporterDeps) {
    this.#deps = deps
  }

  get node(): DeepReadonly<Node> | undefined {
    return this.#node
  }

  /** Something that the status tells has changed: pressure, images. */
  look(): void {
    this.#wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      try {
        await this.#report(signal)
      } catch (error) {
        if (signal.aborted) return
        this.#node = undefined
        log.warn('the node status could not be written; trying again', { error })
      }
      const pause = this.#ready ? CHECK_MS : UNREADY_CHECK_MS
      await Promise.race([
        clock.sleep(pause, signal).catch(() => log.debug('the node status is no longer kept')),
        new Promise<void>((resolve) => (this.#wake = resolve)),
      ])
    }
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const status = await this.#status(signal)
    this.#ready = status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
    if (!this.#node) this.#node = await this.#register(status, signal)
    const due = clock.monotonic() - this.#reportedAt >= REPORT_MS
    if (!due && equal(withoutHeartbeats(this.#node.status), withoutHeartbeats(status))) return
    const before = this.#node
    const { conditions, ...rest } = status
    // Conditions merge by type: those that others write stay. Addresses are replaced as a whole.
    const body = { status: { ...rest, conditions, addresses: [{ $patch: 'replace' }, ...(rest.addresses ?? [])] } }
    const patch = { type: 'strategic', subresource: 'status', body } as const
    this.#node = await this.#deps.client.nodes.patch({ name: this.#deps.nodeName }, patch, { signal })
    this.#reportedAt = clock.monotonic()
    this.#tell(before, status)
  }

  async #status(signal: AbortSignal): Promise<NodeStatus> {
    const { runtime, machine, nodeName, addresses, port, dataDir, pressures, clock } = this.#deps
    const [disk, health] = await Promise.all([readFileSystem(dataDir), this.#runtimeHealth(signal)])
    const images = health.reachable ? await runtime.listImages(signal).catch(() => []) : []
    const facts = { nodeName, machine, addresses, port, images, diskBytes: disk.capacityBytes, now: clock.now() }
    return nodeStatus({ ...facts, ...health, pressures: pressures() }, this.#node?.status?.conditions)
  }

  async #runtimeHealth(signal: AbortSignal) {
    const { runtime } = this.#deps
    try {
      const [version, state] = await Promise.all([runtime.version(signal), runtime.status(signal)])
      const runtimeHandlers = state.runtimeHandlers.map(({ name, features }) => ({
        name,
        ...(features && { features: { ...features } }),
      }))
      const runtimeVersion = `${version.runtimeName}://${version.runtimeVersion}`
      return { reachable: true, problems: runtimeProblems(state), runtimeHandlers, runtimeVersion }
    } catch (error) {
      signal.throwIfAborted()
      const runtimeVersion = this.#node?.status.nodeInfo?.containerRuntimeVersion ?? ''
      this.#deps.log.info('the container runtime does not answer', { error })
      return { reachable: false, problems: ['container runtime is down'], runtimeHandlers: [], runtimeVersion }
    }
  }

  async #register(status: NodeStatus, signal: AbortSignal): Promise<DeepReadonly<Node>> {
    const { client, nodeName: name, taints, log } = this.#deps
    const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true', ...this.#deps.annotations }
    const metadata = { name, labels: this.#labels(), annotations }
    try {
      const spec = taints.length > 0 ? { taints: [...taints] } : {}
      const created = await client.nodes.create({ metadata, spec, status }, { signal })
      this.#reportedAt = this.#deps.clock.monotonic()
      return created
    } catch (error) {
      if (!hasReason(error, Reason.AlreadyExists)) throw error
      log.debug('the node is registered already', { node: name })
    }
    const found = await client.nodes.get({ name }, { signal })
    const { labels } = metadata
    const has = (present: Readonly<Record<string, string>> | undefined, wanted: Record<string, string>): boolean =>
      Object.entries(wanted).every(([key, value]) => present?.[key] === value)
    if (has(found.metadata.labels, labels) && has(found.metadata.annotations, annotations)) return found
    return client.nodes.patch({ name }, { type: 'strategic', body: { metadata: { labels, annotations } } }, { signal })
  }

  #labels(): Record<string, string> {
    const { nodeName, machine, labels } = this.#deps
    const [os, arch] = ['linux', machine.architecture]
    return {
      'beta.kubernetes.io/arch': arch,
      'beta.kubernetes.io/os': os,
      'kubernetes.io/arch': arch,
      'kubernetes.io/hostname': nodeName,
      'kubernetes.io/os': os,
      ...labels,
    }
  }

  /** The events that people look for when a node comes and goes. */
  #tell(before: DeepReadonly<Node>, { conditions = [] }: NodeStatus): void {
    const { recorder, nodeName } = this.#deps
    for (const { type, status } of conditions) {
      const old = before.status?.conditions?.find((one) => one.type === type)
      if (old?.status === status) continue
      const reason = EVENT_REASONS[type]?.[status === 'True' ? 0 : 1]
      const subject = { kind: 'Node', name: nodeName, uid: nodeName }
      if (reason) recorder.normal(subject, reason, `Node ${nodeName} status is now: ${reason}`)
    }
  }
}

const EVENT_REASONS: Readonly<Record<string, readonly [string, string]>> = {
  Ready: ['NodeReady', 'NodeNotReady'],
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
}

function withoutHeartbeats(status: DeepReadonly<NodeStatus> | undefined): unknown {
  const {
    conditions = [],
    volumesInUse: _inUse,
    volumesAttached: _attached,
    config: _config,
    ...rest
  } = editable(status ?? {}) as NodeStatus
  const own = conditions.filter(({ type }) => type in EVENT_REASONS)
  return { ...rest, conditions: own.map(({ lastHeartbeatTime: _time, ...condition }) => condition) }
}
