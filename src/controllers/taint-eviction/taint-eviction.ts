import { sameMembers } from '../../api/same-members.ts'
import type { Node, Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { keyOf, objectKey } from '../../client/object-key.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, settled, watch } from '../controller.ts'
import { disruptionTarget, patchPodStatus } from '../disruption-target.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { BY_NODE, indexPodsByNode } from '../pods-by-node.ts'
import { noExecuteTaints, toleratedMs } from './toleration-time.ts'

const DISRUPTION = {
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
} as const

/** A pod's time on its node runs out at `dueMs` (monotonic). */
interface Countdown {
  readonly uid: string
  readonly dueMs: number
}

/** Deletes pods from nodes with NoExecute taints that they do not tolerate, or no longer. Keys are pods. */
export function taintEvictionController(): Controller {
  const countdowns = new Map<string, Countdown>() // pod key → the time that runs; a pod without has none
  return {
    name: 'taint-eviction-controller',
    user: 'node-controller',
    eventSource: 'taint-eviction-controller',
    watches: [watch('pods', onNode, evictionFactsChanged), watch('nodes', podsOfTainted, taintsChanged)],
    indexes: indexPodsByNode,
    reconcile: (key, deps) => reconcile(key, countdowns, deps),
  }
}

/** A pod that has no node yet has no time that could run out. */
const onNode = (pod: DeepReadonly<Pod>): string[] => (pod.spec.nodeName ? [keyOf(pod)] : [])

function podsOfTainted(node: DeepReadonly<Node>, { listers }: WatchContext): string[] {
  return noExecuteTaints(node).length > 0 ? listers.pods.by(BY_NODE, node.metadata.name).map(keyOf) : []
}

function evictionFactsChanged(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): boolean {
  const facts = ({ metadata, spec }: DeepReadonly<Pod>) => [
    metadata.uid,
    metadata.deletionTimestamp,
    spec.nodeName,
    spec.tolerations,
  ]
  return !sameMembers(facts(pod), facts(old))
}

function taintsChanged(node: DeepReadonly<Node>, old: DeepReadonly<Node>): boolean {
  return !sameMembers(noExecuteTaints(node), noExecuteTaints(old))
}

async function reconcile(key: ObjectName, countdowns: Map<string, Countdown>, deps: ReconcileDeps): Promise<Outcome> {
  const { listers, clock } = deps
  const text = objectKey(key)
  const pod = listers.pods.get(key)
  const staysMs = pod ? stayMs(pod, deps) : Number.POSITIVE_INFINITY
  if (!pod || staysMs === Number.POSITIVE_INFINITY) {
    if (countdowns.delete(text)) announce(key, `Cancelling deletion of Pod ${text}`, deps)
    return settled
  }
  const dueMs = dueOf(text, pod, staysMs, countdowns, clock.monotonic())
  if (dueMs > clock.monotonic()) return after(dueMs - clock.monotonic())
  await evict(pod, deps)
  countdowns.delete(text)
  return settled
}

/** Infinity also for a pod that is being deleted already, or whose node is not known. */
function stayMs({ metadata, spec }: DeepReadonly<Pod>, { listers }: ReconcileDeps): number {
  const node = spec.nodeName ? listers.nodes.get({ name: spec.nodeName }) : undefined
  if (!node || metadata.deletionTimestamp) return Number.POSITIVE_INFINITY
  return toleratedMs(noExecuteTaints(node), spec.tolerations)
}

/** A countdown goes on as it began, whatever is tolerated later, unless that is nothing at all. */
function dueOf(
  key: string,
  { metadata: { uid } }: DeepReadonly<Pod>,
  staysMs: number,
  countdowns: Map<string, Countdown>,
  nowMs: number,
): number {
  const running = countdowns.get(key)
  if (staysMs === 0) return nowMs
  if (running?.uid === uid) return running.dueMs
  countdowns.set(key, { uid, dueMs: nowMs + staysMs })
  return nowMs + staysMs
}

async function evict(pod: DeepReadonly<Pod>, deps: ReconcileDeps): Promise<void> {
  const { client, clock, signal } = deps
  const { name, namespace, uid } = pod.metadata
  announce(pod.metadata, `Marking for deletion Pod ${keyOf(pod)}`, deps)
  const condition = disruptionTarget(pod, DISRUPTION, clock.now())
  if (condition) await patchPodStatus(pod, { conditions: [condition] }, deps).catch(ignoreNotFound)
  await client.pods.delete({ name, namespace }, { preconditions: { uid }, signal }).catch(ignoreNotFound)
}

function announce({ name, namespace }: ObjectName, message: string, { events }: ReconcileDeps): void {
  events.normal(
    { kind: 'Pod', apiVersion: 'v1', name, ...(namespace && { namespace }) },
    'TaintManagerEviction',
    message,
  )
}
