import { hasReason, Reason } from '../../api/status-error.ts'
import type { StatefulSet } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import type { ReconcileDeps } from '../controller.ts'
import type { ClaimHolder } from './claim-retention.ts'
import { holderOf } from './claim-retention.ts'
import { ensureClaims, followRetention, hasStaleClaim } from './stateful-claims.ts'
import { restoredPod } from './stateful-pod.ts'

type AnySet = DeepReadonly<StatefulSet>
type AnyPod = DeepReadonly<Pod>

/** Makes a pod's claims and then the pod. Throws when it has to wait for a claim that goes with an earlier pod. */
export async function createPod(set: AnySet, pod: New<Pod>, deps: ReconcileDeps): Promise<void> {
  const name = pod.metadata.name ?? ''
  const holder: ClaimHolder = { set, pod: { name } }
  if (hasStaleClaim(holder, deps)) throw new Error(`a claim of pod ${name} is about to go with an earlier pod`)
  try {
    await ensureClaims(holder, deps)
    await deps.client.pods.create(pod, { signal: deps.signal })
  } catch (error) {
    if (!hasReason(error, Reason.AlreadyExists)) tellFailure('create', set, name, error, deps)
    throw error
  }
  await retain(holder, deps)
  tellSuccess('create', set, name, deps)
}

/** Makes the missing claims of a pod that waits for them. */
export async function completeClaims(holder: ClaimHolder, deps: ReconcileDeps): Promise<void> {
  await ensureClaims(holder, deps)
  await retain(holder, deps)
}

/** Brings a pod back to its identity and volumes, and its claims to the right owners. */
export async function restorePod(set: AnySet, pod: AnyPod, deps: ReconcileDeps): Promise<void> {
  const restored = restoredPod(set, pod)
  const holder = holderOf(set, pod)
  const { name } = pod.metadata
  try {
    if (restored) await ensureClaims(holder, deps)
    const moved = await followRetention(holder, deps)
    if (restored) await deps.client.pods.update(restored, { signal: deps.signal })
    if (restored || moved) tellSuccess('update', set, name, deps)
  } catch (error) {
    tellFailure('update', set, name, error, deps)
    throw error
  }
}

async function retain(holder: ClaimHolder, deps: ReconcileDeps): Promise<void> {
  try {
    await followRetention(holder, deps)
  } catch (error) {
    tellFailure('update', holder.set, holder.pod.name, error, deps)
    throw error
  }
}

/** Deletes a pod, unless another has taken its name. */
export async function removePod(set: AnySet, { metadata }: AnyPod, deps: ReconcileDeps): Promise<void> {
  const { name, uid } = metadata
  try {
    await deps.client.pods.delete(metadata, { signal: deps.signal, preconditions: { uid } })
    tellSuccess('delete', set, name, deps)
  } catch (error) {
    if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Conflict)) return
    tellFailure('delete', set, name, error, deps)
    throw error
  }
}

const REASON = { create: 'Create', update: 'Update', delete: 'Delete' } as const
type Verb = keyof typeof REASON

function tellSuccess(verb: Verb, set: AnySet, pod: string, { events }: ReconcileDeps): void {
  events.normal(set, `Successful${REASON[verb]}`, `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} successful`)
}

function tellFailure(verb: Verb, set: AnySet, pod: string, error: unknown, { events }: ReconcileDeps): void {
  const what = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`
  events.warning(set, `Failed${REASON[verb]}`, `${what} failed error: ${(error as Error).message}`)
}
