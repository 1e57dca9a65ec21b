import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { ReplicaSet, ReplicaSetStatus } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectName, ResourceClient } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'
import { keyOf } from '../../client/object-key.ts'
import { applyClaims, claims } from '../adoption.ts'
import { apply, applySlowly } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, controlledBy, itself, settled, watch } from '../controller.ts'
import type { Listers } from '../listers.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import type { OwnerKind } from '../owner-references.ts'
import { controllerOf } from '../owner-references.ts'
import { podFromTemplate } from '../pod-from-template.ts'
import { isPodTerminal } from '../pod-state.ts'
import type { ReplicaFailure, ReplicaPlan } from './replicaset-plan.ts'
import { nextAvailabilityMs, planReplicas, replicaSetStatus, sameStatus } from './replicaset-plan.ts'

/**
 * What the controllers of ReplicaSets and of ReplicationControllers differ in. A ReplicationController is looked at as the
 * ReplicaSet that it would be, as upstream does.
 */
export interface ReplicaKind {
  readonly kind: OwnerKind
  readonly controller: Pick<Controller, 'name' | 'user' | 'eventSource'>
  readonly resource: 'replicaSets' | 'replicationControllers'
  get(key: ObjectName, listers: Listers): DeepReadonly<ReplicaSet> | undefined
  list(namespace: string, listers: Listers): readonly DeepReadonly<ReplicaSet>[]
  /** For asking whether an owner is still there before it adopts. */
  owners(client: Client): ResourceClient<ReplicaSet>
  writeStatus(set: DeepReadonly<ReplicaSet>, status: ReplicaSetStatus, deps: ReconcileDeps): Promise<unknown>
}

/** Keeps as many pods of each owner as it asks for. */
export function replicaController(kind: ReplicaKind): Controller {
  return {
    ...kind.controller,
    watches: [watch(kind.resource, itself), watch('pods', (pod, { listers }) => ownersOfPod(pod, kind, listers))],
    reconcile: (key, deps) => reconcile(key, kind, deps),
  }
}

async function reconcile(key: ObjectName, kind: ReplicaKind, deps: ReconcileDeps): Promise<Outcome> {
  const set = kind.get(key, deps.listers)
  if (!set) return settled
  const owned = await claimPods(set, kind, deps)
  const outcome = set.metadata.deletionTimestamp ? undefined : await fill(set, owned, kind, deps)
  const status = replicaSetStatus(set, owned, outcome?.failure, deps.clock.now())
  if (!sameStatus(status, set.status)) await kind.writeStatus(set, status, deps)
  if (outcome?.error) throw outcome.error
  return lookAgain(set, owned, deps)
}

/** A pod bears on its controller; one without on all that would take it. */
function ownersOfPod(pod: DeepReadonly<Pod>, { kind, list }: ReplicaKind, listers: Listers): Iterable<string> {
  if (controllerOf(pod)) return controlledBy(kind.kind)(pod)
  return list(pod.metadata.namespace, listers)
    .filter(({ spec }) => labelSelectorMatcher(spec.selector).matches(pod.metadata.labels ?? {}))
    .map(keyOf)
}

function claimPods(
  set: DeepReadonly<ReplicaSet>,
  { kind, owners }: ReplicaKind,
  { client, listers, signal }: ReconcileDeps,
): Promise<readonly DeepReadonly<Pod>[]> {
  const selector = labelSelectorMatcher(set.spec.selector)
  const candidates = listers.pods.list(set.metadata.namespace).filter((pod) => !isPodTerminal(pod))
  const sorted = claims<Pod>(set, candidates, ({ metadata }) => selector.matches(metadata.labels ?? {}))
  return applyClaims<Pod, ReplicaSet>(sorted, {
    owner: set,
    kind,
    owners: owners(client),
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
  kind: ReplicaKind,
  deps: ReconcileDeps,
): Promise<Filled> {
  const plan = planReplicas(set, owned, siblingPods(set, kind, deps), deps.clock.now())
  if (plan.create > 0) return createPods(set, plan.create, kind, deps)
  return removePods(set, plan, deps)
}

/** Pods of owners with the same controller: those of older revisions share the nodes with ours. */
function siblingPods(
  set: DeepReadonly<ReplicaSet>,
  { resource }: ReplicaKind,
  { listers }: ReconcileDeps,
): DeepReadonly<Pod>[] {
  const controller = controllerOf(set)?.uid
  const sets = controller ? listers[resource].ownedBy(controller) : [set]
  return sets.flatMap(({ metadata }) => listers.pods.ownedBy(metadata.uid))
}

async function createPods(
  set: DeepReadonly<ReplicaSet>,
  count: number,
  { kind }: ReplicaKind,
  { client, events, signal }: ReconcileDeps,
): Promise<Filled> {
  const create = async (): Promise<void> => {
    const pod = await client.pods.create(podFromTemplate(set.spec.template ?? {}, set, kind), { signal })
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

function lookAgain(
  set: DeepReadonly<ReplicaSet>,
  owned: readonly DeepReadonly<Pod>[],
  { clock }: ReconcileDeps,
): Outcome {
  const ms = nextAvailabilityMs(set, owned, clock.now())
  return ms === undefined ? settled : after(ms)
}
