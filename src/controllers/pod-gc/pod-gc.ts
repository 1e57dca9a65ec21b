import type { Node, Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { keyOf } from '../../client/object-key.ts'
import { apply } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, settled, watch } from '../controller.ts'
import type { Disruption } from '../disruption-target.ts'
import { disruptionTarget, patchPodStatus } from '../disruption-target.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { isPodTerminal } from '../pod-state.ts'
import { BY_NODE, indexPodsByNode } from '../pods-by-node.ts'
import { excessPods, isOutOfService, msUntilForced } from './pod-gc-plan.ts'

/** `--terminated-pod-gc-threshold`. */
const TERMINATED_THRESHOLD = 12_500
/** How long a node may be missing before its pods count as orphans. */
const QUARANTINE_MS = 40_000
const BY_TERMINATED = 'terminated'
/** The key that stands for all pods that have ended. */
const TERMINATED_PODS = ''

const ORPHANED = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' } as const

/**
 * Removes pods that nobody else will: too many that ended, those of nodes that are gone, and those being deleted that no
 * kubelet can end. Keys are pods (`namespace/name`), nodes (`name`), and the empty key for all pods that have ended.
 */
export function podGarbageCollector(threshold = TERMINATED_THRESHOLD): Controller {
  const missingSince = new Map<string, number>() // node that pods name and that is not there → monotonic ms
  return {
    name: 'pod-garbage-collector-controller',
    user: 'pod-garbage-collector',
    watches: [
      watch('pods', keysOfPod, factsChanged),
      watch('nodes', keysOfNode, (node, old) => isOutOfService(node) !== isOutOfService(old)),
    ],
    indexes(informers) {
      indexPodsByNode(informers)
      informers.pods.addIndex(BY_TERMINATED, (pod) => (isPodTerminal(pod) ? ['true'] : []))
    },
    reconcile(key, deps) {
      if (key.namespace) return endDeletion(key, deps)
      return key.name === TERMINATED_PODS ? removeExcess(threshold, deps) : removeOrphans(key.name, missingSince, deps)
    },
  }
}

function keysOfPod(pod: DeepReadonly<Pod>, { listers }: WatchContext): string[] {
  const { nodeName } = pod.spec
  return [
    ...(pod.metadata.deletionTimestamp ? [keyOf(pod)] : []),
    ...(isPodTerminal(pod) ? [TERMINATED_PODS] : []),
    ...(nodeName && !listers.nodes.get({ name: nodeName }) ? [nodeName] : []),
  ]
}

function factsChanged(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): boolean {
  return (
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    pod.spec.nodeName !== old.spec.nodeName ||
    isPodTerminal(pod) !== isPodTerminal(old)
  )
}

/** The node itself, for its orphans, and pods that may have to be ended in its place. */
function keysOfNode(node: DeepReadonly<Node>, { listers }: WatchContext): string[] {
  const pods = isOutOfService(node) ? listers.pods.by(BY_NODE, node.metadata.name) : []
  return [node.metadata.name, ...pods.filter(({ metadata }) => metadata.deletionTimestamp).map(keyOf)]
}

async function endDeletion(key: ObjectName, deps: ReconcileDeps): Promise<Outcome> {
  const { listers, clock } = deps
  const pod = listers.pods.get(key)
  const node = pod?.spec.nodeName ? listers.nodes.get({ name: pod.spec.nodeName }) : undefined
  const waitMs = pod && msUntilForced(pod, node, clock.now())
  if (!pod || waitMs === undefined) return settled
  if (waitMs > 0) return after(waitMs)
  await forceDelete(pod, undefined, deps)
  return settled
}

async function removeExcess(threshold: number, deps: ReconcileDeps): Promise<Outcome> {
  const excess = excessPods(deps.listers.pods.by(BY_TERMINATED, 'true'), threshold)
  await apply(excess, (pod) => forceDelete(pod, undefined, deps), { signal: deps.signal })
  return settled
}

async function removeOrphans(name: string, missingSince: Map<string, number>, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, clock, signal } = deps
  const pods = listers.pods.by(BY_NODE, name)
  if (pods.length === 0 || listers.nodes.get({ name })) {
    missingSince.delete(name)
    return settled
  }
  const since = missingSince.get(name) ?? clock.monotonic()
  missingSince.set(name, since)
  const waitMs = since + QUARANTINE_MS - clock.monotonic()
  if (waitMs > 0) return after(waitMs)
  if (await client.nodes.get({ name }, { signal }).catch(ignoreNotFound)) return settled // the cache is behind
  await apply(pods, (pod) => forceDelete(pod, ORPHANED, deps), { signal })
  return settled
}

/** No kubelet will report the end: the pod is marked as failed, then deleted at once. */
async function forceDelete(
  pod: DeepReadonly<Pod>,
  disruption: Disruption | undefined,
  deps: ReconcileDeps,
): Promise<void> {
  const { client, clock, signal } = deps
  const { name, namespace, uid } = pod.metadata
  const condition = disruption && disruptionTarget(pod, disruption, clock.now())
  const status = { phase: 'Failed' as const, ...(condition && { conditions: [condition] }) }
  if (!isPodTerminal(pod)) await patchPodStatus(pod, status, deps).catch(ignoreNotFound)
  const options = { gracePeriodSeconds: 0, preconditions: { uid }, signal }
  await client.pods.delete({ name, namespace }, options).catch(ignoreNotFound)
}
