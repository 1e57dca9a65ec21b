import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../../types/core.v1.ts'
import { roundUpToMilli } from '../resources.ts'

export function defaultClaim(claim: PersistentVolumeClaim): void {
  defaultClaimSpec(claim.spec)
  claim.status ??= {}
  claim.status.phase ||= 'Pending'
  roundUpToMilli(claim.status.capacity)
  roundUpToMilli(claim.status.allocatedResources)
}

/** Also for claim templates, in StatefulSets and ephemeral volumes. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem'
  roundUpToMilli(spec.resources?.limits)
  roundUpToMilli(spec.resources?.requests)
}
