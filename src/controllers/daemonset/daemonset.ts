import { sameMembers } from '../../api/same-members.ts'
import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { DaemonSet } from '../../api/types/apps.v1.ts'
import type { Node, Pod, PodTemplateSpec } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import { keyOf } from '../../client/object-key.ts'
import { applyClaims, claims } from '../adoption.ts'
import { apply, applySlowly } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, controlledBy, itself, settled, soonest, watch } from '../controller.ts'
import type { History } from '../history/history.ts'
import { keepHistory, surplusRevisions } from '../history/history.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { controllerOf } from '../owner-references.ts'
import { DAEMON_SET, daemonPod, daemonTemplate, REVISION_HASH } from './daemon-pod.ts'
import type { DaemonPlan, DaemonView } from './daemonset-plan.ts'
import { daemonView, planNodes, planUpdate } from './daemonset-plan.ts'
import { daemonSetStatus, nextAvailabilityMs, sameStatus } from './daemonset-status.ts'
import { FailedPodBackoff } from './failed-pod-backoff.ts'

/** Upstream: at most this many pods are made or removed in one go. */
const BURST = 250

const HISTORY = {
  ...DAEMON_SET,
  hashLabel: REVISION_HASH,
  owners: ({ client }: ReconcileDeps) => client.daemonSets as never,
}

/** Keeps one pod of each DaemonSet on every node that should have one. Upstream: daemonset controller. */
export function daemonSetController(): Controller {
  const backoff = new FailedPodBackoff()
  return {
    name: 'daemonset-controller',
    user: 'daemon-set-controller',
    eventSource: 'daemonset-controller',
    watches: [
      watch('daemonSets', itself),
      watch('pods', setsOfPod),
      watch('nodes', allSets, fitChanged),
      watch('controllerRevisions', controlledBy('DaemonSet')),
    ],

    async reconcile(key, deps) {
      const set = deps.listers.daemonSets.get(key)
      if (!set) return settled
      if (set.metadata.deletionTimestamp) {
        backoff.forget(set.metadata.uid)
        return settled
      }
      if (labelSelectorMatcher(set.spec.selector).empty) {
        const why = 'This daemon set is selecting all pods. A non-empty selector is required.'
        deps.events.warning(set, 'SelectingAll', why)
        return settled
      }
      return bringToOrder(set, backoff, deps)
    },
  }
}

function setsOfPod(pod: DeepReadonly<Pod>, { listers }: WatchContext): Iterable<string> {
  if (controllerOf(pod)) return controlledBy('DaemonSet')(pod)
  return listers.daemonSets
    .list(pod.metadata.namespace)
    .filter(({ spec }) => labelSelectorMatcher(spec.selector).matches(pod.metadata.labels ?? {}))
    .map(keyOf)
}

const allSets = (_node: DeepReadonly<Node>, { listers }: WatchContext): string[] => listers.daemonSets.list().map(keyOf)

/** Heartbeats do not move daemon pods; labels and taints do. */
const fitChanged = (node: DeepReadonly<Node>, old: DeepReadonly<Node>): boolean =>
  !sameMembers(node.metadata.labels, old.metadata.labels) || !sameMembers(node.spec, old.spec)

async function bringToOrder(
  set: DeepReadonly<DaemonSet>,
  backoff: FailedPodBackoff,
  deps: ReconcileDeps,
): Promise<Outcome> {
  const history = await keepHistory(set, HISTORY, deps)
  const hash = history.current.metadata.labels?.[REVISION_HASH] ?? ''
  const template = daemonTemplate(set, hash)
  const pods = await claimPods(set, deps)
  const view = daemonView(set, template, deps.listers.nodes.list(), pods, { hash, now: deps.clock.now() })
  const waits: number[] = []
  const plan = planNodes(view, (node, pod) => {
    const key = `${set.metadata.uid}/${set.metadata.generation ?? 0}/${node}`
    const ms = pod.status.phase === 'Failed' ? backoff.remainingMs(key, deps.clock.monotonic()) : 0
    if (ms > 0) waits.push(ms)
    return ms === 0
  })
  const error = await carryOut(set, template, combined(view, plan), deps)
  if (error === undefined) await dropSurplus(set, history, pods, deps)
  await writeStatus(view, history.collisionCount, deps)
  if (error !== undefined) throw error
  const ready = nextAvailabilityMs(view)
  return soonest(...[...waits, ...(ready === undefined ? [] : [ready])].map(after))
}

/** Nodes are brought to order first; the update goes on when nothing of that is left to do. */
function combined(view: DaemonView, plan: DaemonPlan): DaemonPlan {
  return plan.create.length + plan.remove.length > 0 ? plan : { ...plan, ...planUpdate(view) }
}

function claimPods(
  set: DeepReadonly<DaemonSet>,
  { client, listers, signal }: ReconcileDeps,
): Promise<readonly DeepReadonly<Pod>[]> {
  const selector = labelSelectorMatcher(set.spec.selector)
  const candidates = listers.pods.list(set.metadata.namespace)
  const sorted = claims<Pod>(set, candidates, ({ metadata }) => selector.matches(metadata.labels ?? {}))
  const at = { owner: set, kind: DAEMON_SET, owners: client.daemonSets, dependents: client.pods, signal }
  return applyClaims<Pod, DaemonSet>(sorted, at)
}

/** Returns what went wrong, if anything: the status is written all the same. */
async function carryOut(
  set: DeepReadonly<DaemonSet>,
  template: PodTemplateSpec,
  { create, remove, ended }: DaemonPlan,
  deps: ReconcileDeps,
): Promise<unknown> {
  for (const { pod, node } of ended) tellEnded(set, pod, node, deps)
  const made = await applySlowly(create.slice(0, BURST), (node) => createPod(set, template, node, deps), deps)
  const failure = isNamespaceTerminating(made.error) ? undefined : made.error
  try {
    await apply(remove.slice(0, BURST), (pod) => removePod(set, pod, deps), deps)
    return failure
  } catch (error) {
    return failure ?? error
  }
}

function tellEnded(
  set: DeepReadonly<DaemonSet>,
  { metadata: { namespace, name }, status }: DeepReadonly<Pod>,
  node: string,
  { events }: ReconcileDeps,
): void {
  const at = `daemon pod ${namespace}/${name} on node ${node}`
  if (status.phase === 'Failed') events.warning(set, 'FailedDaemonPod', `Found failed ${at}, will try to kill it`)
  else events.normal(set, 'SucceededDaemonPod', `Found succeeded ${at}, will try to delete it`)
}

async function createPod(
  set: DeepReadonly<DaemonSet>,
  template: PodTemplateSpec,
  node: string,
  { client, events, signal }: ReconcileDeps,
): Promise<void> {
  try {
    const pod = await client.pods.create(daemonPod(set, template, node), { signal })
    events.normal(set, 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  } catch (error) {
    if (!isNamespaceTerminating(error)) {
      events.warning(set, 'FailedCreate', `Error creating: ${(error as Error).message}`)
    }
    throw error
  }
}

async function removePod(
  set: DeepReadonly<DaemonSet>,
  { metadata }: DeepReadonly<Pod>,
  { client, events, signal }: ReconcileDeps,
): Promise<void> {
  try {
    await client.pods.delete(metadata, { signal, preconditions: { uid: metadata.uid } })
    events.normal(set, 'SuccessfulDelete', `Deleted pod: ${metadata.name}`)
  } catch (error) {
    if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Conflict)) return // gone, or another of its name
    events.warning(set, 'FailedDelete', `Error deleting: ${(error as Error).message}`)
    throw error
  }
}

async function dropSurplus(
  { metadata, spec }: DeepReadonly<DaemonSet>,
  history: History,
  pods: readonly DeepReadonly<Pod>[],
  { client, signal }: ReconcileDeps,
): Promise<void> {
  const hashes = new Set(pods.map((pod) => pod.metadata.labels?.[REVISION_HASH] ?? ''))
  const live = new Set([history.current.metadata.name, ...[...hashes].map((hash) => `${metadata.name}-${hash}`)])
  const surplus = surplusRevisions(history, live, spec.revisionHistoryLimit ?? 10)
  const drop = (revision: (typeof surplus)[number]) =>
    client.controllerRevisions.delete(revision.metadata, { signal }).catch(ignoreNotFound)
  await apply(surplus, drop, { signal })
}

async function writeStatus(view: DaemonView, collisionCount: number, { client, signal }: ReconcileDeps): Promise<void> {
  const status = daemonSetStatus(view, collisionCount)
  if (sameStatus(status, view.set.status)) return
  await client.daemonSets.updateStatus({ ...editable<DaemonSet>(view.set), status }, { signal })
}
