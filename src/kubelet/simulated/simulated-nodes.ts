import { hasReason, Reason } from '../../api/status-error.ts'
import type { Node, Pod } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { DelayedKeys } from '../../client/delayed-keys.ts'
import type { Informer } from '../../client/informer.ts'
import type { PodView } from '../pods/pod.ts'
import { isTerminal } from '../pods/pod.ts'
import type { PodFailure } from '../pods/pod-status.ts'
import { podStatus } from '../pods/pod-status.ts'
import { StatusManager } from '../pods/status-manager.ts'
import type { Behaviour } from './behaviour.ts'
import { behaviourOf, SIMULATE_ANNOTATION } from './behaviour.ts'
import type { HeartbeatNode } from './node-heartbeats.ts'
import { keepNodesAlive } from './node-heartbeats.ts'
import { nodeAddress } from './node-object.ts'
import { PodAddresses } from './pod-addresses.ts'
import type { SimulatedPod } from './simulated-pod.ts'
import { adoptedPod, isReadyAt, stepPod, stopAll } from './simulated-pod.ts'

export interface SimulatedNodesDeps {
  readonly nodeNames: readonly string[]
  /** A client with the identity `system:node:<nodeName>`: each node writes as itself. */
  clientFor(nodeName: string): Pick<Client, 'nodes' | 'leases' | 'pods'>
  /** Of all pods and all nodes, shared by all simulated nodes; the caller runs them. */
  readonly pods: Informer<Pod>
  readonly nodes: Informer<Node>
  /** Replaces the defaults of behaviour.ts; a pod's annotation comes before it. */
  readonly timings?: Partial<Behaviour>
  readonly clock: Clock
  readonly log: Logger
}

interface NodeState extends HeartbeatNode {
  readonly client: Pick<Client, 'nodes' | 'leases' | 'pods'>
  readonly statuses: StatusManager
  addresses: PodAddresses | undefined // made when the node's podCIDR is known
}

interface PodEntry {
  pod: PodView
  state: SimulatedPod
  failure: PodFailure | undefined
  readonly node: NodeState
  readonly seenAt: number // ms since the epoch
  removing: boolean
}

const BY_NODE = 'spec.nodeName'
const RETRY_MS = 1000

/** Nodes whose kubelets are imagined: registered, alive, and their pods go through their phases without containers. */
export function createSimulatedNodes(deps: SimulatedNodesDeps): Component {
  return new SimulatedNodes(deps)
}

class SimulatedNodes implements Component {
  readonly name = 'simulated-nodes'
  readonly #deps: SimulatedNodesDeps
  readonly #nodes: ReadonlyMap<string, NodeState>
  readonly #entries = new Map<string, PodEntry>() // by pod uid: every pod bound to one of #nodes

  constructor(deps: SimulatedNodesDeps) {
    this.#deps = deps
    this.#nodes = new Map(deps.nodeNames.map((name, index) => [name, newNode(name, index, deps)]))
  }

  async run(signal: AbortSignal): Promise<void> {
    const { pods, nodes, clock, log } = this.#deps
    const due = new DelayedKeys<string>(clock, (uid) => this.#look(uid, due, signal))
    pods.addIndex(BY_NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
    const stopNodes = nodes.on({
      added: (node) => this.#nodeSeen(node.metadata.name, due, signal),
      updated: (node) => this.#nodeSeen(node.metadata.name, due, signal),
    })
    const stopPods = pods.on({
      added: (pod) => this.#seen(pod, due, signal),
      updated: (pod) => this.#seen(pod, due, signal),
      deleted: ({ metadata }) => this.#forget(metadata.uid, due),
    })
    try {
      await keepNodesAlive({ nodes: [...this.#nodes.values()], clock, log }, signal)
    } finally {
      stopNodes()
      stopPods()
      due.clear()
    }
  }

  /** A node's pods wait for its podCIDR. */
  #nodeSeen(name: string, due: DelayedKeys<string>, signal: AbortSignal): void {
    const node = this.#nodes.get(name)
    const cidr = this.#deps.nodes.lister.get({ name })?.spec.podCIDR
    if (!node || node.addresses || !cidr) return
    node.addresses = new PodAddresses(cidr)
    const bound = this.#deps.pods.lister.by(BY_NODE, name)
    for (const { metadata, status } of bound) if (status?.podIP) node.addresses.keep(metadata.uid, status.podIP)
    for (const { metadata } of bound) this.#look(metadata.uid, due, signal)
  }

  #seen(pod: PodView, due: DelayedKeys<string>, signal: AbortSignal): void {
    const node = this.#nodes.get(pod.spec.nodeName ?? '')
    if (!node) return
    const { uid } = pod.metadata
    const entry = this.#entries.get(uid)
    if (entry) {
      const old = entry.pod
      entry.pod = pod
      if (concernsNode(pod, old)) this.#look(uid, due, signal)
      return
    }
    const [state, seenAt] = [adoptedPod(pod), this.#deps.clock.now()]
    if (pod.status?.podIP && !pod.spec.hostNetwork) node.addresses?.keep(uid, pod.status.podIP)
    this.#entries.set(uid, { pod, state, failure: undefined, node, seenAt, removing: false })
    this.#look(uid, due, signal)
  }

  #forget(uid: string, due: DelayedKeys<string>): void {
    const entry = this.#entries.get(uid)
    entry?.node.statuses.forget(uid)
    entry?.node.addresses?.release(uid)
    this.#entries.delete(uid)
    due.delete(uid)
  }

  /** Moves a pod on to now, writes its status, and comes back when it changes next. */
  #look(uid: string, due: DelayedKeys<string>, signal: AbortSignal): void {
    const entry = this.#entries.get(uid)
    if (!entry || entry.removing) return
    const { pod, node } = entry
    const now = this.#deps.clock.now()
    if (isOver(pod)) return
    const behaviour = behaviourOf(pod, this.#deps.timings)
    const ips = this.#ipsOf(entry)
    const { state, nextAt, ended } = stepPod({ pod, state: entry.state, behaviour, seenAt: entry.seenAt, ips, now })
    entry.state = state
    const deadline = this.#deadline(entry, now)
    this.#report(entry, behaviour, ended, now, signal)
    if (isTerminal(node.statuses.statusOf(pod).phase)) node.addresses?.release(uid)
    if (ended) return void this.#remove(entry, due, signal)
    const next = Math.min(nextAt, deadline)
    if (next < Number.POSITIVE_INFINITY) due.add(uid, next - now)
  }

  #ipsOf({ pod, node }: PodEntry): readonly string[] | undefined {
    if (pod.spec.hostNetwork) return []
    const address = node.addresses?.take(pod.metadata.uid)
    return address === undefined ? undefined : [address]
  }

  /** Fails a pod whose activeDeadlineSeconds are over; otherwise says when that will be. */
  #deadline(entry: PodEntry, now: number): number {
    const { pod, node, seenAt } = entry
    const { activeDeadlineSeconds } = pod.spec
    if (activeDeadlineSeconds === undefined) return Number.POSITIVE_INFINITY
    const { startTime, phase } = node.statuses.statusOf(pod)
    const deadline = (startTime ? Date.parse(startTime) : seenAt) + activeDeadlineSeconds * 1000
    if (now < deadline) return deadline
    if (!isTerminal(phase)) {
      entry.failure = {
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      }
      entry.state = { ...entry.state, actual: stopAll(entry.state.actual, 137, now) }
    }
    return Number.POSITIVE_INFINITY
  }

  #report(entry: PodEntry, behaviour: Behaviour, terminating: boolean, now: number, signal: AbortSignal): void {
    const { pod, node, state, failure } = entry
    const byId = (id: string) => state.actual.containers.find((container) => container.id === id)
    const facts = {
      failure: (name: string) => state.failures.get(name),
      message: () => '',
      isStarted: () => true,
      isReady: (_container: unknown, id: string) => {
        const container = byId(id)
        return container !== undefined && isReadyAt(pod, behaviour, container, now)
      },
    }
    const { statuses, index } = node
    const previous = statuses.statusOf(pod)
    const hostIPs = [nodeAddress(index)]
    const input = { pod, previous, actual: state.actual, facts, hostIPs, terminating, failure, now }
    statuses.set(pod, podStatus(input), signal)
  }

  /** The last thing a kubelet does for a pod: once its final status is written, the object goes. */
  async #remove(entry: PodEntry, due: DelayedKeys<string>, signal: AbortSignal): Promise<void> {
    const { pod, node } = entry
    const { name, namespace, uid } = pod.metadata
    entry.removing = true
    try {
      await node.statuses.flushed(uid)
      await node.client.pods.delete({ name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid }, signal })
    } catch (error) {
      if (signal.aborted || hasReason(error, Reason.NotFound) || hasReason(error, Reason.Conflict)) return
      this.#deps.log.warn('a simulated pod could not be removed; trying again', { pod: name, error })
      entry.removing = false
      due.add(uid, RETRY_MS)
    }
  }
}

function newNode(name: string, index: number, { clientFor, clock, log }: SimulatedNodesDeps): NodeState {
  const client = clientFor(name)
  const statuses = new StatusManager({ client, clock, log })
  return { name, index, client, statuses, uid: undefined, renewals: 0, addresses: undefined }
}

/** A pod that has ended and is not being deleted: nothing will happen to it. */
const isOver = ({ metadata, status }: PodView): boolean => isTerminal(status?.phase) && !metadata.deletionTimestamp

/** Whether a change is more than the echo of a status that the node wrote itself. */
function concernsNode({ metadata, spec }: PodView, old: PodView): boolean {
  return (
    metadata.generation !== old.metadata.generation ||
    metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    metadata.deletionGracePeriodSeconds !== old.metadata.deletionGracePeriodSeconds ||
    metadata.annotations?.[SIMULATE_ANNOTATION] !== old.metadata.annotations?.[SIMULATE_ANNOTATION] ||
    spec.readinessGates !== undefined
  )
}
