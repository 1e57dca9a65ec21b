import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import type { StatefulSet } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import { keyOf } from '../../client/object-key.ts'
import { applyClaims, claims } from '../adoption.ts'
import { apply, applySlowly } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, controlledBy, itself, settled, watch } from '../controller.ts'
import type { History } from '../history/history.ts'
import { keepHistory, surplusRevisions, templateOf } from '../history/history.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { controllerOf } from '../owner-references.ts'
import { msUntilAvailable } from '../pod-state.ts'
import { holderOf } from './claim-retention.ts'
import { followRetention } from './stateful-claims.ts'
import { ordinalOf, REVISION_LABEL, STATEFUL_SET, statefulPod } from './stateful-pod.ts'
import { completeClaims, createPod, removePod, restorePod } from './stateful-pod-writes.ts'
import type { StatefulPlan, StatefulView } from './statefulset-plan.ts'
import { planStatefulSet } from './statefulset-plan.ts'
import { sameStatus, statefulSetStatus } from './statefulset-status.ts'

const HISTORY = {
  ...STATEFUL_SET,
  hashLabel: 'controller.kubernetes.io/hash',
  owners: ({ client }: ReconcileDeps) => client.statefulSets as never,
}

type AnySet = DeepReadonly<StatefulSet>
type AnyPod = DeepReadonly<Pod>

/** Keeps the pods of each StatefulSet, each with its own name and storage. Upstream: statefulset controller. */
export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  user: 'statefulset-controller',
  watches: [
    watch('statefulSets', itself),
    watch('pods', setsOfPod),
    watch('controllerRevisions', controlledBy('StatefulSet')),
  ],
  reads: ['persistentVolumeClaims'],

  async reconcile(key, deps) {
    const set = deps.listers.statefulSets.get(key)
    if (!set) return settled
    const history = await keepHistory(set, HISTORY, deps)
    const pods = await claimPods(set, deps)
    const view = viewOf(set, pods, history, deps.clock.now())
    const plan = planStatefulSet(view)
    const error = await carryOut(view, plan, history, deps)
    await writeStatus(view, plan, history.collisionCount, deps)
    await dropSurplus(view, history, deps)
    if (error !== undefined) throw error
    return lookAgain(view)
  },
}

function setsOfPod(pod: AnyPod, { listers }: WatchContext): Iterable<string> {
  if (controllerOf(pod)) return controlledBy('StatefulSet')(pod)
  return listers.statefulSets
    .list(pod.metadata.namespace)
    .filter(({ spec }) => labelSelectorMatcher(spec.selector).matches(pod.metadata.labels ?? {}))
    .map(keyOf)
}

/** Only pods that are called after the set can be its own. */
function claimPods(set: AnySet, { client, listers, signal }: ReconcileDeps): Promise<readonly AnyPod[]> {
  const selector = labelSelectorMatcher(set.spec.selector)
  const candidates = listers.pods.list(set.metadata.namespace)
  const matches = ({ metadata }: AnyPod): boolean =>
    selector.matches(metadata.labels ?? {}) && ordinalOf(set, metadata) !== undefined
  const at = { owner: set, kind: STATEFUL_SET, owners: client.statefulSets, dependents: client.pods, signal }
  return applyClaims<Pod, StatefulSet>(claims<Pod>(set, candidates, matches), at)
}

function viewOf(set: AnySet, pods: readonly AnyPod[], { revisions, current }: History, now: number): StatefulView {
  const updateRevision = current.metadata.name
  const known = revisions.some(({ metadata }) => metadata.name === set.status.currentRevision)
  const currentRevision = known && set.status.currentRevision ? set.status.currentRevision : updateRevision
  return { set, pods, currentRevision, updateRevision, now }
}

/** Returns what went wrong, if anything: the status is written all the same. */
async function carryOut(
  view: StatefulView,
  plan: StatefulPlan,
  history: History,
  deps: ReconcileDeps,
): Promise<unknown> {
  const { set } = view
  const remove = (pod: AnyPod) => removePod(set, pod, deps)
  try {
    await apply(plan.ended, remove, deps)
    const made = await applySlowly(plan.create, (step) => createOne(set, step, history, deps), deps)
    if (made.error !== undefined) return made.error
    await apply(plan.pending, (pod) => completeClaims(holderOf(set, pod), deps), deps)
    await apply(plan.restore, (pod) => restorePod(set, pod, deps), deps)
    await apply(plan.condemned, (pod) => followRetention(holderOf(set, pod), deps), deps)
    await apply(plan.surplus, remove, deps)
    await apply(plan.outdated, remove, deps)
    return undefined
  } catch (error) {
    return error
  }
}

function createOne(
  set: AnySet,
  { ordinal, revision }: StatefulPlan['create'][number],
  { revisions }: History,
  deps: ReconcileDeps,
): Promise<void> {
  const source = revisions.find(({ metadata }) => metadata.name === revision)
  return createPod(set, statefulPod(set, source ? templateOf(source) : set.spec.template, revision, ordinal), deps)
}

async function writeStatus(
  view: StatefulView,
  plan: StatefulPlan,
  collisionCount: number,
  { client, signal }: ReconcileDeps,
): Promise<void> {
  const status = statefulSetStatus(view, plan, collisionCount)
  if (sameStatus(status, view.set.status)) return
  await client.statefulSets.updateStatus({ ...editable<StatefulSet>(view.set), status }, { signal })
}

async function dropSurplus(
  { set, pods, currentRevision, updateRevision }: StatefulView,
  history: History,
  { client, signal }: ReconcileDeps,
): Promise<void> {
  const used = pods.map(({ metadata }) => metadata.labels?.[REVISION_LABEL] ?? '')
  const live = new Set([currentRevision, updateRevision, ...used])
  const surplus = surplusRevisions(history, live, set.spec.revisionHistoryLimit ?? 10)
  const drop = (revision: (typeof surplus)[number]) =>
    client.controllerRevisions.delete(revision.metadata, { signal }).catch(ignoreNotFound)
  await apply(surplus, drop, { signal })
}

/** When the next ready pod will have been so for minReadySeconds. */
function lookAgain({ set, pods, now }: StatefulView): Outcome {
  const waits = pods.map((pod) => msUntilAvailable(pod, set.spec.minReadySeconds ?? 0, now) ?? 0).filter((ms) => ms > 0)
  return waits.length > 0 ? after(Math.min(...waits)) : settled
}
