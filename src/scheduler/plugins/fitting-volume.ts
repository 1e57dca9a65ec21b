import { compareQuantities } from '../../api/quantity.ts'
import { matchesNodeSelector } from '../../api/scheduling/node-selector.ts'
import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Lister } from '../../client/informer.ts'

/** The smallest volume that a claim can take on a node: reserved for it, or free and of its class, modes and size. */
export function fittingVolume(
  claim: DeepReadonly<PersistentVolumeClaim>,
  node: DeepReadonly<Node>,
  volumes: Lister<PersistentVolume>,
): DeepReadonly<PersistentVolume> | undefined {
  const fitting = volumes.list().filter((volume) => suits(volume, claim) && reachable(volume, node))
  const size = ({ spec }: DeepReadonly<PersistentVolume>): string => spec.capacity?.storage ?? '0'
  return fitting.sort((a, b) => compareQuantities(size(a), size(b)))[0]
}

function suits(
  { spec, status, metadata }: DeepReadonly<PersistentVolume>,
  claim: DeepReadonly<PersistentVolumeClaim>,
): boolean {
  if (spec.claimRef) return spec.claimRef.uid === claim.metadata.uid
  const wanted = claim.spec
  return (
    (status.phase ?? 'Available') === 'Available' &&
    !metadata.deletionTimestamp &&
    (spec.storageClassName ?? '') === (wanted.storageClassName ?? '') &&
    (spec.volumeMode ?? 'Filesystem') === (wanted.volumeMode ?? 'Filesystem') &&
    (wanted.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode)) &&
    compareQuantities(spec.capacity?.storage ?? '0', wanted.resources?.requests?.storage ?? '0') >= 0 &&
    (!wanted.selector || labelSelectorMatcher(wanted.selector).matches(metadata.labels ?? {}))
  )
}

function reachable({ spec }: DeepReadonly<PersistentVolume>, node: DeepReadonly<Node>): boolean {
  return !spec.nodeAffinity?.required || matchesNodeSelector(spec.nodeAffinity.required, node)
}
