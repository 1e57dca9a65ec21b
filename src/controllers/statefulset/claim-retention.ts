import type { StatefulSet } from '../../api/types/apps.v1.ts'
import type { PersistentVolumeClaim, Pod } from '../../api/types/core.v1.ts'
import type { OwnerReference } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { OwnerKind } from '../owner-references.ts'
import { controllerReference } from '../owner-references.ts'
import { isInRange, STATEFUL_SET } from './stateful-pod.ts'

type AnySet = DeepReadonly<StatefulSet>
type AnyPod = DeepReadonly<Pod>
/** What decides about a claim, which may be yet to be made. */
type Claim = DeepReadonly<{ metadata: Pick<PersistentVolumeClaim['metadata'], 'ownerReferences'> }>
type Reference = DeepReadonly<OwnerReference>

/** Whose claim it is: one of a set's ordinal, whose pod may not be there yet. */
export interface ClaimHolder {
  readonly set: AnySet
  /** `uid` is absent while the pod is yet to be made. */
  readonly pod: { readonly name: string; readonly uid?: string }
}

const POD: OwnerKind = { apiVersion: 'v1', kind: 'Pod' }

export const holderOf = (set: AnySet, { metadata: { name, uid } }: AnyPod): ClaimHolder => ({ set, pod: { name, uid } })

/**
 * What `persistentVolumeClaimRetentionPolicy` makes of a claim's owners (KEP-1847): a claim that goes with the set belongs
 * to the set, one that goes with scaling down to the pod once that is beyond the ordinals. `conflict`: another controller
 * owns the claim, so the policy is not followed. Undefined when the owners are right as they are.
 */
export function retainedOwners(
  claim: Claim,
  holder: ClaimHolder,
): { readonly owners: OwnerReference[]; readonly conflict: boolean } | undefined {
  const present = claim.metadata.ownerReferences ?? []
  const conflict = hasOtherController(present, holder)
  const wanted = conflict ? undefined : wantedOwner(holder)
  const ours = present.filter(({ uid }) => uid === holder.set.metadata.uid || uid === holder.pod.uid)
  const right =
    ours.length === (wanted ? 1 : 0) && ours.every(({ uid, controller }) => controller && uid === wanted?.uid)
  if (right) return undefined
  const others = present.filter((reference) => !namesHolder(reference, holder)).map((reference) => ({ ...reference }))
  return { owners: wanted ? [...others, wanted] : others, conflict }
}

function wantedOwner({ set, pod }: ClaimHolder): OwnerReference | undefined {
  const { whenDeleted, whenScaled } = policyOf(set)
  if (whenScaled === 'Delete' && !isInRange(set, pod)) return controllerReference({ metadata: pod }, POD)
  return whenDeleted === 'Delete' ? controllerReference(set, STATEFUL_SET) : undefined
}

function policyOf({ spec }: AnySet): { whenDeleted: string; whenScaled: string } {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = spec.persistentVolumeClaimRetentionPolicy ?? {}
  return { whenDeleted, whenScaled }
}

/** With a policy that keeps everything it does not matter who else owns a claim. Namesakes of ours count as others. */
function hasOtherController(references: readonly Reference[], { set, pod }: ClaimHolder): boolean {
  const { whenDeleted, whenScaled } = policyOf(set)
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false
  return references.some((reference) => {
    if (isRef(reference, STATEFUL_SET, set.metadata.name)) return reference.uid !== set.metadata.uid
    if (isRef(reference, POD, pod.name)) return reference.uid !== pod.uid
    return reference.controller === true
  })
}

const namesHolder = (reference: Reference, { set, pod }: ClaimHolder): boolean =>
  isRef(reference, STATEFUL_SET, set.metadata.name) || isRef(reference, POD, pod.name)

const isRef = (reference: Reference, { apiVersion, kind }: OwnerKind, name: string): boolean =>
  reference.apiVersion === apiVersion && reference.kind === kind && reference.name === name

/** The claim is about to go with an earlier pod of this name, which scaling down has ended: a new pod must not use it. */
export function isStale({ metadata }: Claim, { set, pod }: ClaimHolder): boolean {
  if (policyOf(set).whenScaled === 'Retain') return false
  return (metadata.ownerReferences ?? []).some(
    (reference) => isRef(reference, POD, pod.name) && reference.uid !== pod.uid,
  )
}
