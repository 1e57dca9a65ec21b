import { hasReason, Reason } from '../../api/status-error.ts'
import type { Clock } from '../../base/clock.ts'
import { microTimestamp, timestamp } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { nodeObject } from './node-object.ts'

export interface HeartbeatNode {
  readonly name: string
  readonly index: number
  readonly client: Pick<Client, 'nodes' | 'leases'>
  /** Set by registration; undefined: not registered yet. */
  uid: string | undefined
  renewals: number
}

interface HeartbeatDeps {
  readonly nodes: readonly HeartbeatNode[]
  readonly clock: Clock
  readonly log: Logger
}

const NAMESPACE = 'kube-node-lease'
const RENEW_MS = 10_000
const LEASE_SECONDS = 40
/** Nodes whose turn comes within this time are renewed together. */
const TICK_MS = 100
/** The conditions' heartbeat is written with every so many renewals: each 5 minutes, as upstream. */
const REPORT_EVERY = 30
const PARALLEL = 32

/**
 * Registers the nodes, then renews their leases in turn: each every 10 s, spread evenly, with one timer for all. What fails
 * is tried again when its turn comes.
 */
export async function keepNodesAlive(deps: HeartbeatDeps, signal: AbortSignal): Promise<void> {
  const { nodes, clock } = deps
  if (nodes.length === 0) return
  await beatAll(deps, nodes, signal)
  const tickMs = Math.max(TICK_MS, RENEW_MS / nodes.length)
  const start = clock.monotonic()
  for (let done = 0; !signal.aborted; ) {
    const due = Math.floor(((clock.monotonic() - start) / RENEW_MS) * nodes.length)
    const from = Math.max(done, due - nodes.length) // after a long sleep each node once
    const turn = Array.from({ length: Math.max(0, due - from) }, (_, place) => nodes[(from + place) % nodes.length])
    done = Math.max(done, due)
    await beatAll(deps, turn as HeartbeatNode[], signal)
    await clock.sleep(tickMs, signal).catch((error) => deps.log.debug('simulated nodes stop', { error }))
  }
}

async function beatAll(deps: HeartbeatDeps, nodes: readonly HeartbeatNode[], signal: AbortSignal): Promise<void> {
  const queue = nodes.values()
  const worker = async () => {
    for (const node of queue) await beat(deps, node, signal)
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, nodes.length) }, worker))
}

async function beat({ clock, log }: HeartbeatDeps, node: HeartbeatNode, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  try {
    node.uid ??= await register(node, clock, signal)
    await renewLease(node, clock, signal)
    if (++node.renewals % REPORT_EVERY === 0) await report(node, clock, signal)
  } catch (error) {
    if (signal.aborted) return
    log.warn('a simulated node could not report', { node: node.name, error })
  }
}

async function register({ name, index, client }: HeartbeatNode, clock: Clock, signal: AbortSignal): Promise<string> {
  try {
    const created = await client.nodes.create(nodeObject(name, index, clock.now()), { signal })
    return created.metadata.uid
  } catch (error) {
    if (!hasReason(error, Reason.AlreadyExists)) throw error
  }
  const node = { name, index, client, uid: undefined, renewals: 0 }
  await report(node, clock, signal)
  return (await client.nodes.get({ name }, { signal })).metadata.uid
}

async function renewLease({ name, uid, client, renewals }: HeartbeatNode, clock: Clock, signal: AbortSignal) {
  const renewTime = microTimestamp(clock.now())
  if (renewals > 0) {
    const body = { spec: { renewTime } }
    await client.leases.patch({ namespace: NAMESPACE, name }, { type: 'merge', body }, { signal })
    return
  }
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid: uid ?? '' }]
  const metadata = { name, namespace: NAMESPACE, ownerReferences }
  const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime }
  try {
    await client.leases.create({ metadata, spec }, { signal })
  } catch (error) {
    if (!hasReason(error, Reason.AlreadyExists)) throw error
    await client.leases.patch({ namespace: NAMESPACE, name }, { type: 'merge', body: { metadata, spec } }, { signal })
  }
}

/** The node is as it was: a new heartbeat on each condition. After a restart this also makes it Ready again. */
async function report({ name, index, client }: HeartbeatNode, clock: Clock, signal: AbortSignal): Promise<void> {
  const found = await client.nodes.get({ name }, { signal })
  const wanted = nodeObject(name, index, clock.now()).status?.conditions ?? []
  const conditions = wanted.map((condition) => {
    const old = found.status.conditions?.find(({ type }) => type === condition.type)
    const since = old?.status === condition.status ? old.lastTransitionTime : undefined
    return { ...condition, lastTransitionTime: since ?? timestamp(clock.now()) }
  })
  const patch = { type: 'strategic', subresource: 'status', body: { status: { conditions } } } as const
  await client.nodes.patch({ name }, patch, { signal })
}
