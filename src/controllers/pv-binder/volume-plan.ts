import { PROVISIONED_BY } from '../../api/local-path.ts'
import type { AnyVolume, Claim } from './binding.ts'
import type { Notice } from './claim-plan.ts'
import { hasVolumeMode } from './matching-volume.ts'

export type VolumePhase = 'Available' | 'Bound' | 'Released'

/** What a volume is to be brought to. */
export type VolumePlan =
  | { readonly action: 'keep'; readonly phase: VolumePhase }
  /** Its claim is gone: Released, then what the reclaim policy says. */
  | { readonly action: 'reclaim' }
  /** Its claim took another volume. */
  | { readonly action: 'free' }
  /** Its claim decides next. */
  | { readonly action: 'wait'; readonly onVolume?: Notice; readonly onClaim?: Notice }

/** Decides about a volume as upstream's syncVolume; `claim` is the one that the volume names, if that is there. */
export function planVolume(volume: AnyVolume, claim: Claim | undefined): VolumePlan {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec
  if (!claimRef?.uid) return { action: 'keep', phase: 'Available' }
  if (!claim || claim.metadata.uid !== claimRef.uid) return { action: 'reclaim' }
  if (!claim.spec.volumeName) return hasVolumeMode(volume, claim) ? { action: 'wait' } : modesDiffer(volume, claim)
  if (claim.spec.volumeName === volume.metadata.name) return { action: 'keep', phase: 'Bound' }
  const wasMadeForIt = volume.metadata.annotations?.[PROVISIONED_BY] !== undefined
  return wasMadeForIt && persistentVolumeReclaimPolicy === 'Delete' ? { action: 'reclaim' } : { action: 'free' }
}

function modesDiffer({ metadata }: AnyVolume, claim: Claim): VolumePlan {
  const about = (subject: string): Notice => ({
    type: 'Warning',
    reason: 'VolumeMismatch',
    message: `Cannot bind ${subject} due to incompatible volumeMode.`,
  })
  return {
    action: 'wait',
    onVolume: about(`PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}"`),
    onClaim: about(`PersistentVolume "${metadata.name}" to requested PersistentVolumeClaim`),
  }
}

/** Upstream's reclaimers: why a released volume cannot be reclaimed here; undefined when it stays, or others do it. */
export function reclaimFailure(volume: AnyVolume): Notice | undefined {
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case 'Recycle':
      return failure('VolumeFailedRecycle', 'No recycler plugin found for the volume!')
    case 'Delete':
      return volume.metadata.annotations?.[PROVISIONED_BY] ? undefined : noDeleter(volume)
    default:
      return undefined
  }
}

/** Without a provisioner's mark the volume was made by hand, and nobody here knows how to delete what is behind it. */
function noDeleter({ metadata, spec }: AnyVolume): Notice {
  const why = spec.hostPath
    ? `host_path deleter only supports /tmp/.+ but received provided ${spec.hostPath.path}`
    : `error getting deleter volume plugin for volume "${metadata.name}": no deletable volume plugin matched`
  return failure('VolumeFailedDelete', why)
}

const failure = (reason: string, message: string): Notice => ({ type: 'Warning', reason, message })
