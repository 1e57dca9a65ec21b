import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { ReplicaSet } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import { keyOf } from '../../client/object-key.ts'
import { applyClaims, claims } from '../adoption.ts'
import { apply, applySlowly } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, controlledBy, itself, settled, watch } from '../controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { controllerOf } from '../owner-references.ts'
import { podFromTemplate } from '../pod-from-template.ts'
import { isPodTerminal } from '../pod-state.ts'
import type { ReplicaFailure, ReplicaPlan } from './replicaset-plan.ts'
import { nextAvailabilityMs, planReplicas, replicaSetStatus, sameStatus } from './replicaset-plan.ts'

const KIND = { apiVersion: 'apps/v1', kind: 'ReplicaSet' }

/** Keeps as many pods of a ReplicaSet as it asks for. Upstream: replicaset controller. */
export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  user: 'replicaset-controller',
  watches: [watch('replicaSets', itself), watch('pods', setsOfPod)],

  async reconcile(key, deps) {
    const set = deps.listers.replicaSets.get(key)
    if (!set) return settled
    const owned = await claimPods(set, deps)
    const outcome = set.metadata.deletionTimestamp ? undefined : await fill(set, owned, deps)
    await writeStatus(set, owned, outcome?.failure, deps)
    if (outcome?.error) throw outcome.error
    return lookAgain(set, owned, deps)
  },
}

/** A pod bears on its ReplicaSet; one without controller on all that would take it. */
function setsOfPod(pod: DeepReadonly<Pod>, { listers }: WatchContext): Iterable<string> {
  if (controllerOf(pod)) return controlledBy('ReplicaSet')(pod)
  return listers.replicaSets
    .list(pod.metadata.namespace)
    .filter(({ spec }) => labelSelectorMatcher(spec.selector).matches(pod.metadata.labels ?? {}))
    .map(keyOf)
}

function claimPods(
  set: DeepReadonly<ReplicaSet>,
  { client, listers, signal }: ReconcileDeps,
): Promise<readonly DeepReadonly<Pod>[]> {
  const selector = labelSelectorMatcher(set.spec.selector)
  const candidates = listers.pods.list(set.metadata.namespace).filter((pod) => !isPodTerminal(pod))
  const sorted = claims<Pod>(set, candidates, ({ metadata }) => selector.matches(metadata.labels ?? {}))
  return applyClaims<Pod, ReplicaSet>(sorted, {
    owner: set,
    kind: KIND,
    owners: client.replicaSets,
    dependents: client.pods,
    signal,
  })
}

interface Filled {
  readonly failure: ReplicaFailure | undefined
  readonly error: unknown
}

async function fill(
  set: DeepReadonly<ReplicaSet>,
  owned: readonly DeepReadonly<Pod>[],
  deps: ReconcileDeps,
): Promise<Filled> {
  const plan = planReplicas(set, owned, siblingPods(set, deps), deps.clock.now())
  if (plan.create > 0) return createPods(set, plan.create, deps)
  return removePods(set, plan, deps)
}

/** Pods of ReplicaSets with the same controller: those of older revisions share the nodes with ours. */
function siblingPods(set: DeepReadonly<ReplicaSet>, { listers }: ReconcileDeps): DeepReadonly<Pod>[] {
  const controller = controllerOf(set)?.uid
  const sets = controller ? listers.replicaSets.ownedBy(controller) : [set]
  return sets.flatMap(({ metadata }) => listers.pods.ownedBy(metadata.uid))
}

async function createPods(
  set: DeepReadonly<ReplicaSet>,
  count: number,
  { client, events, signal }: ReconcileDeps,
): Promise<Filled> {
  const create = async (): Promise<void> => {
    const pod = await client.pods.create(podFromTemplate(set.spec.template ?? {}, set, KIND), { signal })
    events.normal(set, 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  }
  const { error } = await applySlowly(new Array(count).fill(undefined), create, { signal })
  if (error === undefined || isNamespaceTerminating(error)) return { failure: undefined, error: undefined }
  const { message } = error as Error
  events.warning(set, 'FailedCreate', `Error creating: ${message}`)
  return { failure: { reason: 'FailedCreate', message }, error }
}

async function removePods(
  set: DeepReadonly<ReplicaSet>,
  { remove }: ReplicaPlan,
  { client, events, signal }: ReconcileDeps,
): Promise<Filled> {
  const removeOne = async ({ metadata }: DeepReadonly<Pod>): Promise<void> => {
    try {
      await client.pods.delete(metadata, { signal, preconditions: { uid: metadata.uid } })
      events.normal(set, 'SuccessfulDelete', `Deleted pod: ${metadata.name}`)
    } catch (error) {
      if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Conflict)) return // gone, or another of its name
      events.warning(set, 'FailedDelete', `Error deleting: ${(error as Error).message}`)
      throw error
    }
  }
  try {
    await apply(remove, removeOne, { signal })
    return { failure: undefined, error: undefined }
  } catch (error) {
    return { failure: { reason: 'FailedDelete', message: (error as Error).message }, error }
  }
}

async function writeStatus(
  set: DeepReadonly<ReplicaSet>,
  owned: readonly DeepReadonly<Pod>[],
  failure: ReplicaFailure | undefined,
  { client, clock, signal }: ReconcileDeps,
): Promise<void> {
  const status = replicaSetStatus(set, owned, failure, clock.now())
  if (sameStatus(status, set.status)) return
  await client.replicaSets.updateStatus({ ...editable<ReplicaSet>(set), status }, { signal })
}

function lookAgain(
  set: DeepReadonly<ReplicaSet>,
  owned: readonly DeepReadonly<Pod>[],
  { clock }: ReconcileDeps,
): Outcome {
  const ms = nextAvailabilityMs(set, owned, clock.now())
  return ms === undefined ? settled : after(ms)
}
