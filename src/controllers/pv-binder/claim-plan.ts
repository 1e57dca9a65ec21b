import type { StorageClass } from '../../api/types/storage.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { AnyVolume, Claim } from './binding.ts'
import { BIND_COMPLETED, isBoundTo } from './binding.ts'
import { matchingVolume, mismatch } from './matching-volume.ts'
import { classNameOfClaim, defaultClass, hasNode, namesClass, waitsForConsumer } from './storage-class-of.ts'

/** What is to be told about an object. */
export interface Notice {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** What a claim is to be brought to. */
export type ClaimPlan =
  | { readonly action: 'bind'; readonly volume: AnyVolume }
  /** Its author named no class: it gets the default one and is looked at again. */
  | { readonly action: 'assign-class'; readonly storageClass: string }
  /** Others make its volume. */
  | { readonly action: 'order'; readonly provisioner: string; readonly notice: Notice }
  | { readonly action: 'wait'; readonly notice?: Notice }
  | { readonly action: 'lose'; readonly notice: Notice }

/** What else counts for a claim. */
export interface ClaimView {
  readonly volumes: readonly AnyVolume[]
  /** The volume that the claim names. */
  readonly named: AnyVolume | undefined
  readonly classes: readonly DeepReadonly<StorageClass>[]
  /** Names of the pods that use the claim and have no node yet. */
  readonly unscheduledPods: readonly string[]
}

/** Decides about a claim as upstream's syncClaim. */
export function planClaim(claim: Claim, view: ClaimView): ClaimPlan {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return planBound(claim, view.named)
  return claim.spec.volumeName ? planNamed(claim, view.named) : planOpen(claim, view)
}

/** A claim that was bound: its volume may have gone, or be somebody else's. */
function planBound(claim: Claim, volume: AnyVolume | undefined): ClaimPlan {
  if (!claim.spec.volumeName)
    return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  if (!volume) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  const { claimRef } = volume.spec
  if (!claimRef || claimRef.uid === claim.metadata.uid) return { action: 'bind', volume }
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}

/** A claim that asks for a certain volume. */
function planNamed(claim: Claim, volume: AnyVolume | undefined): ClaimPlan {
  if (!volume) return { action: 'wait' }
  const { name } = volume.metadata
  if (volume.spec.claimRef) {
    if (isBoundTo(volume, claim)) return { action: 'bind', volume }
    return wait('Warning', 'FailedBinding', `volume "${name}" already bound to a different claim.`)
  }
  const why = mismatch(volume, claim)
  if (!why) return { action: 'bind', volume }
  return wait('Warning', 'VolumeMismatch', `Cannot bind to requested volume "${name}": ${why}`)
}

/** A claim that takes any volume that fits. */
function planOpen(claim: Claim, { volumes, classes, unscheduledPods }: ClaimView): ClaimPlan {
  const className = classNameOfClaim(claim)
  const storageClass = classes.find(({ metadata }) => metadata.name === className)
  const delayed = waitsForConsumer(storageClass)
  const volume = matchingVolume(claim, volumes, { delayed })
  if (volume) return { action: 'bind', volume }
  const assigned = namesClass(claim) ? undefined : defaultClass(classes)
  if (assigned) return { action: 'assign-class', storageClass: assigned.metadata.name }
  if (delayed && !hasNode(claim)) return awaitConsumer(unscheduledPods)
  if (className) return provision(className, storageClass)
  const message = 'no persistent volumes available for this claim and no storage class is set'
  return wait('Normal', 'FailedBinding', message)
}

function awaitConsumer(pods: readonly string[]): ClaimPlan {
  if (pods.length === 0)
    return wait('Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
  const message = `waiting for ${pods.length > 1 ? 'pods' : 'pod'} ${pods.join(',')} to be scheduled`
  return wait('Normal', 'WaitForPodScheduled', message)
}

/** Volumes are made by provisioners outside; the names that begin so were those of upstream's own, which are gone. */
function provision(className: string, storageClass: DeepReadonly<StorageClass> | undefined): ClaimPlan {
  if (!storageClass)
    return wait('Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`)
  const { provisioner } = storageClass
  if (provisioner.startsWith('kubernetes.io/'))
    return wait('Warning', 'ProvisioningFailed', `no volume plugin matched name: ${provisioner}`)
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system ` +
    'administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.'
  return { action: 'order', provisioner, notice: { type: 'Normal', reason: 'ExternalProvisioning', message } }
}

const wait = (type: Notice['type'], reason: string, message: string): ClaimPlan => ({
  action: 'wait',
  notice: { type, reason, message },
})

const lost = (reason: string, message: string): ClaimPlan => ({
  action: 'lose',
  notice: { type: 'Warning', reason, message },
})
