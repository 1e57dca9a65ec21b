import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'

/** On claims: the binding was completed once. What is missing from then on is lost, and not merely late. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
/** On claims and volumes: this side's reference to the other was set here, and not by its author. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
/** On claims: the node that the scheduler wants the volume on. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
/** On claims: the provisioner that is to make the volume; older provisioners look at the beta name. */
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner'

export type Claim = DeepReadonly<PersistentVolumeClaim>
export type AnyVolume = DeepReadonly<PersistentVolume>

/** The volume names this claim; one that its author reserved may leave the uid open. */
export function isBoundTo({ spec: { claimRef } }: AnyVolume, { metadata }: Claim): boolean {
  if (claimRef?.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false
  return !claimRef.uid || claimRef.uid === metadata.uid
}

/** The volume with its reference to the claim, or undefined when it has that. */
export function volumeForClaim(volume: AnyVolume, claim: Claim): PersistentVolume | undefined {
  const { claimRef } = volume.spec
  const { name, namespace, uid, resourceVersion = '' } = claim.metadata
  if (claimRef?.name === name && claimRef.namespace === namespace && claimRef.uid === uid) return undefined
  const copy = editable<PersistentVolume>(volume)
  if (!claimRef) annotate(copy, BOUND_BY_CONTROLLER)
  copy.spec.claimRef = { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion }
  return copy
}

/** The claim with its reference to the volume and the mark of completion, or undefined when it has both. */
export function claimForVolume(claim: Claim, { metadata: { name } }: AnyVolume): PersistentVolumeClaim | undefined {
  const named = claim.spec.volumeName === name
  if (named && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return undefined
  const copy = editable<PersistentVolumeClaim>(claim)
  if (!named) annotate(copy, BOUND_BY_CONTROLLER)
  annotate(copy, BIND_COMPLETED)
  copy.spec.volumeName = name
  return copy
}

/**
 * The claim with the status of this phase, or undefined when it has that: modes and capacity are the volume's. The
 * capacity of a claim that is bound already stays: its file system may be smaller than the volume (KEP-284).
 */
export function claimInPhase(
  claim: Claim,
  phase: 'Pending' | 'Bound' | 'Lost',
  volume?: AnyVolume,
): PersistentVolumeClaim | undefined {
  const copy = editable<PersistentVolumeClaim>(claim)
  const { accessModes: _modes, capacity: _capacity, ...rest } = copy.status ?? {}
  copy.status = { ...rest, phase, ...(volume && statusOf(copy, phase, volume)) }
  return JSON.stringify(sorted(copy.status)) === JSON.stringify(sorted(claim.status ?? {})) ? undefined : copy
}

function statusOf(claim: PersistentVolumeClaim, phase: string, volume: AnyVolume) {
  const { accessModes, capacity, volumeAttributesClassName } = editable<PersistentVolume>(volume).spec
  if (claim.status?.phase === phase) {
    const kept = claim.status.capacity
    return { ...(accessModes && { accessModes }), ...(kept && { capacity: kept }) }
  }
  return {
    ...(accessModes && { accessModes }),
    ...(capacity && { capacity }),
    ...(volumeAttributesClassName && { currentVolumeAttributesClassName: volumeAttributesClassName }),
  }
}

const sorted = (status: object): object => Object.entries(status).sort(([a], [b]) => (a < b ? -1 : 1))

/** The volume freed for others: all of what was set here goes; of a reservation by its author only the uid. */
export function freedVolume(volume: AnyVolume): PersistentVolume {
  const copy = editable<PersistentVolume>(volume)
  const { annotations = {} } = copy.metadata
  if (annotations[BOUND_BY_CONTROLLER] === undefined) {
    delete copy.spec.claimRef?.uid
    return copy
  }
  delete copy.spec.claimRef
  delete annotations[BOUND_BY_CONTROLLER]
  if (Object.keys(annotations).length === 0) delete copy.metadata.annotations
  return copy
}

/** The claim, for which no class was named, with this one. */
export function claimOfClass(claim: Claim, storageClassName: string): PersistentVolumeClaim {
  const copy = editable<PersistentVolumeClaim>(claim)
  copy.spec.storageClassName = storageClassName
  return copy
}

/** The claim with the name of the provisioner that is to serve it, or undefined when it says so already. */
export function claimForProvisioner(claim: Claim, provisioner: string): PersistentVolumeClaim | undefined {
  if (claim.metadata.annotations?.[STORAGE_PROVISIONER] === provisioner) return undefined
  const copy = editable<PersistentVolumeClaim>(claim)
  annotate(copy, BETA_STORAGE_PROVISIONER, provisioner)
  annotate(copy, STORAGE_PROVISIONER, provisioner)
  return copy
}

function annotate({ metadata }: PersistentVolume | PersistentVolumeClaim, key: string, value = 'yes'): void {
  metadata.annotations = { ...metadata.annotations, [key]: value }
}
