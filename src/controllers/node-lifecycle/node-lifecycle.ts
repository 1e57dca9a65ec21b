import type { Node } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, itself, settled, soonest, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { indexPodsByNode } from '../pods-by-node.ts'
import { graceMs, silentConditions } from './node-health.ts'
import { desiredTaints, isEmptying } from './node-taints.ts'
import { markPodsNotReady } from './pods-not-ready.ts'
import { SignsOfLife } from './signs-of-life.ts'
import { Zones } from './zones.ts'

/** Upstream's `--node-monitor-period`: how often a node that is not ready is looked at. */
const UNHEALTHY_PERIOD_MS = 5_000

/** What is remembered of the nodes between reconciles. */
interface Memory {
  readonly signs: SignsOfLife
  readonly zones: Zones
}

/**
 * Notices kubelets that fall silent, and taints nodes by their conditions (upstream: node-lifecycle-controller). A node is
 * looked at when it changes and when its grace period would be over; a lease's renewal only moves that end.
 */
export function nodeLifecycleController(): Controller {
  const memory = { signs: new SignsOfLife(), zones: new Zones() }
  return {
    name: 'node-lifecycle-controller',
    user: 'node-controller',
    eventSource: 'node-controller',
    watches: [
      watch('nodes', (node) => {
        memory.zones.note(node) // all are known before the first is judged
        return itself(node)
      }),
      watch('leases', (lease, { clock }) => {
        memory.signs.renewed(lease, clock.monotonic())
        return []
      }),
    ],
    reads: ['pods'],
    indexes: indexPodsByNode,
    reconcile: (key, deps) => reconcile(key, memory, deps),
  }
}

async function reconcile(key: ObjectName, memory: Memory, deps: ReconcileDeps): Promise<Outcome> {
  const { listers, clock } = deps
  const node = listers.nodes.get(key)
  if (!node) {
    forget(key.name, memory, deps)
    return settled
  }
  if (!memory.signs.has(key.name))
    announceNode(node, 'RegisteredNode', `Registered Node ${key.name} in Controller`, deps)
  const dueMs = memory.signs.lastSeenMs(node, clock.monotonic()) + graceMs(node)
  const overdue = clock.monotonic() >= dueMs
  const current = overdue ? await markSilent(node, deps) : node
  memory.zones.note(current)
  const tainting = await taint(current, memory.zones, deps)
  if (readiness(current) === 'Unknown') await markPodsNotReady(key.name, deps)
  return overdue ? tainting : soonest(tainting, after(dueMs - clock.monotonic()))
}

function forget(name: string, { signs, zones }: Memory, { events }: ReconcileDeps): void {
  zones.forget(name)
  if (!signs.forget(name)) return
  const text = `Node ${name} event: Removing Node ${name} from Controller`
  events.normal({ kind: 'Node', apiVersion: 'v1', name }, 'RemovingNode', text)
}

/** Writes that nothing is known of the node any more. */
async function markSilent(node: DeepReadonly<Node>, deps: ReconcileDeps): Promise<DeepReadonly<Node>> {
  const { client, clock, signal } = deps
  const conditions = silentConditions(node, clock.now())
  if (!conditions) return node
  const copy = editable<Node>(node)
  const updated = await client.nodes.updateStatus({ ...copy, status: { ...copy.status, conditions } }, { signal })
  if (readiness(node) === 'True') {
    const { name, uid } = node.metadata
    const subject = { kind: 'Node', apiVersion: 'v1', name, uid }
    deps.events.normal(subject, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
  }
  return updated
}

/** Brings the taints up to date; a node that is not ready is looked at again, for its zone's leave or its state. */
async function taint(node: DeepReadonly<Node>, zones: Zones, deps: ReconcileDeps): Promise<Outcome> {
  const { client, clock, signal } = deps
  const unhealthy = readiness(node) === 'False' || readiness(node) === 'Unknown'
  const empty =
    unhealthy && !zones.allDown && (isEmptying(node) || zones.takeLeave(node.metadata.name, clock.monotonic()) === 0)
  const taints = desiredTaints(node, empty, clock.now())
  if (taints) {
    const copy = editable<Node>(node)
    await client.nodes.update({ ...copy, spec: { ...copy.spec, taints } }, { signal }).catch(ignoreNotFound)
  }
  return unhealthy ? after(UNHEALTHY_PERIOD_MS) : settled
}

const readiness = ({ status }: DeepReadonly<Node>): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status

function announceNode(
  { metadata: { name, uid } }: DeepReadonly<Node>,
  reason: string,
  text: string,
  { events }: ReconcileDeps,
): void {
  events.normal({ kind: 'Node', apiVersion: 'v1', name, uid }, reason, `Node ${name} event: ${text}`)
}
