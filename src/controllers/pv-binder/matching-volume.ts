import { compareQuantities } from '../../api/quantity.ts'
import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import type { AnyVolume, Claim } from './binding.ts'
import { isBoundTo } from './binding.ts'
import { classNameOfClaim, classNameOfVolume } from './storage-class-of.ts'

/**
 * The volume that a claim takes: one that is reserved for it, else the smallest that fits, among those with the fewest
 * access modes. A `delayed` claim takes only what is reserved for it: the scheduler chooses for it.
 */
export function matchingVolume(
  claim: Claim,
  volumes: readonly AnyVolume[],
  { delayed }: { readonly delayed: boolean },
): AnyVolume | undefined {
  const usable = volumes.filter((volume) => isUsable(volume, claim))
  const reserved = usable.find((volume) => isBoundTo(volume, claim))
  if (reserved || delayed) return reserved
  return usable.filter((volume) => isFree(volume, claim)).sort(byPreference)[0]
}

/** Why a claim cannot have the volume that it names, in upstream's words; undefined when it can. */
export function mismatch(volume: AnyVolume, claim: Claim): string | undefined {
  if (volume.metadata.deletionTimestamp) return `the volume is marked for deletion "${volume.metadata.name}"`
  if (!isLargeEnough(volume, claim)) return 'requested PV is too small'
  if (classNameOfVolume(volume) !== classNameOfClaim(claim)) return 'storageClassName does not match'
  if (!hasAttributesClass(volume, claim)) return 'volumeAttributesClassName does not match'
  if (!hasVolumeMode(volume, claim)) return 'incompatible volumeMode'
  if (!hasAccessModes(volume, claim)) return 'incompatible accessMode'
  return undefined
}

/** Fits, whoever it is meant for. */
function isUsable(volume: AnyVolume, claim: Claim): boolean {
  return (
    !volume.metadata.deletionTimestamp &&
    (!volume.spec.claimRef || isBoundTo(volume, claim)) &&
    hasAccessModes(volume, claim) &&
    hasVolumeMode(volume, claim) &&
    isLargeEnough(volume, claim)
  )
}

function isFree(volume: AnyVolume, claim: Claim): boolean {
  const { selector } = claim.spec
  return (
    volume.status?.phase === 'Available' &&
    classNameOfVolume(volume) === classNameOfClaim(claim) &&
    hasAttributesClass(volume, claim) &&
    (!selector || labelSelectorMatcher(selector).matches(volume.metadata.labels ?? {}))
  )
}

const sizeOf = ({ spec }: AnyVolume): string => spec.capacity?.storage ?? '0'
const modesOf = ({ spec }: AnyVolume): number => spec.accessModes?.length ?? 0

const byPreference = (a: AnyVolume, b: AnyVolume): number =>
  modesOf(a) - modesOf(b) || compareQuantities(sizeOf(a), sizeOf(b))

function isLargeEnough(volume: AnyVolume, { spec }: Claim): boolean {
  return compareQuantities(sizeOf(volume), spec.resources?.requests?.storage ?? '0') >= 0
}

export function hasVolumeMode({ spec }: AnyVolume, claim: Claim): boolean {
  return (spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem')
}

function hasAccessModes({ spec }: AnyVolume, claim: Claim): boolean {
  return (claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode))
}

function hasAttributesClass({ spec }: AnyVolume, claim: Claim): boolean {
  return (spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '')
}
