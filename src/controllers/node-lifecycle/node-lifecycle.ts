import type { Lease } from '../../api/types/coordination.v1.ts'
import type { Node, Pod } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { apply } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { isPodReady } from '../pod-state.ts'
import { graceMs, silentConditions } from './node-health.ts'
import { desiredTaints } from './node-taints.ts'

const LEASE_NAMESPACE = 'kube-node-lease'
const BY_NODE = 'spec.nodeName'

/** The last sign of life of a kubelet, and when we saw it: its clock is not trusted. */
interface Sign {
  readonly text: string
  readonly seenMs: number
}

/**
 * Notices kubelets that fall silent, and taints nodes by their conditions (upstream: node-lifecycle-controller). A node is
 * looked at when its lease or status changes, and when its grace period would be over.
 */
export function nodeLifecycleController(): Controller {
  const signs = new Map<string, Sign>()
  return {
    name: 'node-lifecycle-controller',
    user: 'node-controller',
    eventSource: 'node-controller',
    watches: [
      watch('nodes', itself),
      watch('leases', ({ metadata }) => (metadata.namespace === LEASE_NAMESPACE ? [metadata.name] : [])),
    ],
    reads: ['pods'],
    indexes: ({ pods }) => pods.addIndex(BY_NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : [])),
    reconcile: (key, deps) => reconcile(key, signs, deps),
  }
}

async function reconcile(key: ObjectName, signs: Map<string, Sign>, deps: ReconcileDeps): Promise<Outcome> {
  const { listers, clock, events } = deps
  const node = listers.nodes.get(key)
  if (!node) {
    if (signs.delete(key.name)) {
      events.normal(
        referenceTo(key.name),
        'RemovingNode',
        `Node ${key.name} event: Removing Node ${key.name} from Controller`,
      )
    }
    return settled
  }
  if (!signs.has(key.name)) {
    const text = `Node ${key.name} event: Registered Node ${key.name} in Controller`
    events.normal(referenceTo(key.name, node.metadata.uid), 'RegisteredNode', text)
  }
  const dueMs = note(node, leaseOf(key.name, deps), signs, clock.monotonic()) + graceMs(node)
  const overdue = clock.monotonic() >= dueMs
  const current = overdue ? await markSilent(node, deps) : node
  await taint(current, deps)
  if (readiness(current) === 'False' || readiness(current) === 'Unknown') await markPodsNotReady(current, deps)
  return overdue ? settled : after(dueMs - clock.monotonic())
}

const leaseOf = (name: string, { listers }: ReconcileDeps) => listers.leases.get({ namespace: LEASE_NAMESPACE, name })

/** When the last sign of life was first seen. */
function note(
  { metadata, status }: DeepReadonly<Node>,
  lease: DeepReadonly<Lease> | undefined,
  signs: Map<string, Sign>,
  nowMs: number,
): number {
  const beats = (status?.conditions ?? [])
    .filter(({ status }) => status !== 'Unknown')
    .map(({ lastHeartbeatTime }) => lastHeartbeatTime)
  const text = JSON.stringify([lease?.spec.renewTime, beats])
  const known = signs.get(metadata.name)
  if (known?.text === text) return known.seenMs
  signs.set(metadata.name, { text, seenMs: nowMs })
  return nowMs
}

async function markSilent(node: DeepReadonly<Node>, deps: ReconcileDeps): Promise<DeepReadonly<Node>> {
  const { client, clock, events, signal } = deps
  const conditions = silentConditions(node, clock.now())
  if (!conditions) return node
  const copy = editable<Node>(node)
  const updated = await client.nodes.updateStatus({ ...copy, status: { ...copy.status, conditions } }, { signal })
  if (readiness(node) === 'True') {
    const { name, uid } = node.metadata
    events.normal(referenceTo(name, uid), 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
  }
  return updated
}

async function taint(node: DeepReadonly<Node>, { client, clock, signal }: ReconcileDeps): Promise<void> {
  const taints = desiredTaints(node, clock.now())
  if (!taints) return
  const copy = editable<Node>(node)
  await client.nodes.update({ ...copy, spec: { ...copy.spec, taints } }, { signal }).catch(ignoreNotFound)
}

/** Services stop sending traffic to pods whose node does not answer for them. */
async function markPodsNotReady(node: DeepReadonly<Node>, deps: ReconcileDeps): Promise<void> {
  const { client, listers, clock, events, signal } = deps
  const mark = async (pod: DeepReadonly<Pod>) => {
    const copy = editable<Pod>(pod)
    const conditions = (copy.status.conditions ?? []).map((condition) =>
      condition.type === 'Ready'
        ? { ...condition, status: 'False' as const, lastTransitionTime: timestamp(clock.now()) }
        : condition,
    )
    const status = { ...copy.status, conditions }
    await client.pods.updateStatus({ ...copy, status }, { signal }).catch(ignoreNotFound)
    events.warning(
      { ...referenceTo(pod.metadata.name, pod.metadata.uid), kind: 'Pod', namespace: pod.metadata.namespace },
      'NodeNotReady',
      'Node is not ready',
    )
  }
  await apply(listers.pods.by(BY_NODE, node.metadata.name).filter(isPodReady), mark, { signal })
}

const readiness = ({ status }: DeepReadonly<Node>): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status

const referenceTo = (name: string, uid = '') => ({ kind: 'Node', apiVersion: 'v1', name, uid })
