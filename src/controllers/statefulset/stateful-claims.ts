import { hasReason, Reason } from '../../api/status-error.ts'
import type { PersistentVolumeClaim } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import type { ReconcileDeps } from '../controller.ts'
import type { ClaimHolder } from './claim-retention.ts'
import { isStale, retainedOwners } from './claim-retention.ts'
import { claimsOf, ordinalOf } from './stateful-pod.ts'

type Claim = DeepReadonly<PersistentVolumeClaim>

/** Makes the claims of a pod that are missing. Throws when one cannot be made, or is being deleted. */
export async function ensureClaims(holder: ClaimHolder, deps: ReconcileDeps): Promise<void> {
  const { client, listers, events, signal } = deps
  const { set, pod } = holder
  for (const claim of claimsOf(set, ordinalOf(set, pod) ?? 0)) {
    const { name = '', namespace } = claim.metadata
    const present = listers.persistentVolumeClaims.get({ name, namespace })
    if (present?.metadata.deletionTimestamp) throw new Error(`pvc ${name} is being deleted`)
    if (present) continue
    try {
      await client.persistentVolumeClaims.create(owned(claim, holder), { signal })
      const what = `Claim ${name} Pod ${pod.name} in StatefulSet ${set.metadata.name}`
      events.normal(set, 'SuccessfulCreate', `create ${what} success`)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (!hasReason(error, Reason.AlreadyExists)) {
        const what = `Claim ${name} for Pod ${pod.name} in StatefulSet ${set.metadata.name}`
        events.warning(set, 'FailedCreate', `create ${what} failed error: ${why}`)
      }
      throw new Error(`failed to create PVC ${name}: ${why}`, { cause: error })
    }
  }
}

/** With its owners from the start: a later write would meet the scheduler's on the same claim. */
function owned(claim: New<PersistentVolumeClaim>, holder: ClaimHolder): New<PersistentVolumeClaim> {
  const owners = retainedOwners(claim, holder)?.owners
  return owners ? { ...claim, metadata: { ...claim.metadata, ownerReferences: owners } } : claim
}

/** Gives the claims of a pod the owners that the retention policy asks for; says whether any changed. */
export async function followRetention(holder: ClaimHolder, deps: ReconcileDeps): Promise<boolean> {
  const { client, events, signal } = deps
  let changed = false
  for (const claim of presentClaims(holder, deps)) {
    const retained = retainedOwners(claim, holder)
    if (!retained) continue
    const { name } = claim.metadata
    if (retained.conflict) {
      const why = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a managing controller`
      events.warning(holder.set, 'ConflictingController', `${why}, the retention policy is ignored for this claim`)
    }
    const update = editable<PersistentVolumeClaim>(claim)
    update.metadata.ownerReferences = retained.owners
    try {
      await client.persistentVolumeClaims.update(update, { signal })
    } catch (error) {
      const why = (error as Error).message
      throw new Error(`could not update claim ${name} for delete policy ownerRefs: ${why}`, { cause: error })
    }
    changed = true
  }
  return changed
}

/** A claim of this ordinal is on its way out with an earlier pod. */
export const hasStaleClaim = (holder: ClaimHolder, deps: ReconcileDeps): boolean =>
  presentClaims(holder, deps).some((claim) => isStale(claim, holder))

function presentClaims({ set, pod }: ClaimHolder, { listers }: ReconcileDeps): Claim[] {
  return claimsOf(set, ordinalOf(set, pod) ?? 0).flatMap(({ metadata: { name = '', namespace } }) => {
    const claim = listers.persistentVolumeClaims.get({ name, namespace })
    return claim ? [claim] : []
  })
}
