import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { StatefulSet } from '../../api/types/apps.v1.ts'
import type { PersistentVolumeClaim, Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import { keyOf } from '../../client/object-key.ts'
import { applyClaims, claims } from '../adoption.ts'
import { apply } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, controlledBy, itself, settled, watch } from '../controller.ts'
import type { History } from '../history/history.ts'
import { keepHistory, surplusRevisions, templateOf } from '../history/history.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { controllerOf, controllerReference } from '../owner-references.ts'
import { msUntilAvailable } from '../pod-state.ts'
import { claimsOf, ordinalOf, REVISION_LABEL, STATEFUL_SET, statefulPod } from './stateful-pod.ts'
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
    await carryOut(view, plan, history, deps)
    await writeStatus(view, plan, history.collisionCount, deps)
    await dropSurplus(view, history, deps)
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

async function carryOut(
  { set }: StatefulView,
  { create, remove }: StatefulPlan,
  { revisions }: History,
  deps: ReconcileDeps,
): Promise<void> {
  await apply(remove, (pod) => removePod(set, pod, deps), deps)
  const createOne = async ({ ordinal, revision }: StatefulPlan['create'][number]): Promise<void> => {
    await ensureClaims(set, ordinal, deps)
    const source = revisions.find(({ metadata }) => metadata.name === revision)
    const pod = statefulPod(set, source ? templateOf(source) : set.spec.template, revision, ordinal)
    await createPod(set, pod, deps)
  }
  await apply(create, createOne, deps)
}

async function ensureClaims(set: AnySet, ordinal: number, { client, listers, events, signal }: ReconcileDeps) {
  for (const claim of claimsOf(set, ordinal)) {
    const { name = '', namespace } = claim.metadata
    const present = listers.persistentVolumeClaims.get({ name, namespace })
    if (present?.metadata.deletionTimestamp) throw new Error(`pvc ${name} is being deleted`)
    if (present) continue
    const what = `Claim ${name} Pod ${set.metadata.name}-${ordinal} in StatefulSet ${set.metadata.name}`
    try {
      await client.persistentVolumeClaims.create(withOwner(set, claim), { signal })
      events.normal(set, 'SuccessfulCreate', `create ${what} success`)
    } catch (error) {
      if (hasReason(error, Reason.AlreadyExists)) continue
      events.warning(set, 'FailedCreate', `create ${what} failed error: ${(error as Error).message}`)
      throw error
    }
  }
}

/** Claims that are to go with the set belong to it; others stay (KEP-1847). */
function withOwner(set: AnySet, claim: New<PersistentVolumeClaim>): New<PersistentVolumeClaim> {
  if (set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted !== 'Delete') return claim
  return { ...claim, metadata: { ...claim.metadata, ownerReferences: [controllerReference(set, STATEFUL_SET)] } }
}

async function createPod(set: AnySet, pod: New<Pod>, { client, events, signal }: ReconcileDeps): Promise<void> {
  const what = `create Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`
  try {
    await client.pods.create(pod, { signal })
    events.normal(set, 'SuccessfulCreate', `${what} successful`)
  } catch (error) {
    events.warning(set, 'FailedCreate', `${what} failed error: ${(error as Error).message}`)
    throw error
  }
}

async function removePod(set: AnySet, pod: AnyPod, { client, events, signal }: ReconcileDeps): Promise<void> {
  const { namespace, name, uid } = pod.metadata
  const at = `StatefulSet ${namespace}/${set.metadata.name}`
  if (pod.status.phase === 'Failed') {
    events.warning(set, 'RecreatingFailedPod', `${at} is recreating failed Pod ${name}`)
  } else if (pod.status.phase === 'Succeeded') {
    events.normal(set, 'RecreatingTerminatedPod', `${at} is recreating terminated Pod ${name}`)
  }
  const what = `delete Pod ${name} in StatefulSet ${set.metadata.name}`
  try {
    await client.pods.delete(pod.metadata, { signal, preconditions: { uid } })
    events.normal(set, 'SuccessfulDelete', `${what} successful`)
  } catch (error) {
    if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Conflict)) return // gone, or another of its name
    events.warning(set, 'FailedDelete', `${what} failed error: ${(error as Error).message}`)
    throw error
  }
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
