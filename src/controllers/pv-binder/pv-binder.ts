import type { PersistentVolume } from '../../api/types/core.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import { unreachable } from '../../base/unreachable.ts'
import type { ObjectName } from '../../client/client.ts'
import type { EventSubject } from '../../client/events.ts'
import { keyOf, objectKey } from '../../client/object-key.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { isPodTerminal } from '../pod-state.ts'
import { addClaimIndex, BY_CLAIM } from '../pvc-protection/claims-of-pod.ts'
import type { AnyVolume, Claim } from './binding.ts'
import {
  claimForProvisioner,
  claimForVolume,
  claimInPhase,
  claimOfClass,
  freedVolume,
  volumeForClaim,
} from './binding.ts'
import type { ClaimView, Notice } from './claim-plan.ts'
import { planClaim } from './claim-plan.ts'
import { classNameOfClaim, classNameOfVolume } from './storage-class-of.ts'
import type { VolumePhase } from './volume-plan.ts'
import { planVolume, reclaimFailure } from './volume-plan.ts'

/** Claims that wait, by class; volumes by the claim that they name; claims by the volume that they name. */
const WAITING = 'waiting for a volume of class'
const BY_CLAIM_REF = 'spec.claimRef'
const BY_VOLUME_NAME = 'spec.volumeName'

/** Upstream's --pvclaimbinder-sync-period: how often people are told again why a claim waits. */
const TELL_AGAIN_MS = 15_000

/** Brings claims and volumes together and apart again. Keys with a namespace are claims, those without are volumes. */
export const persistentVolumeBinder: Controller = {
  name: 'persistentvolume-binder-controller',
  user: 'persistent-volume-binder',
  eventSource: 'persistentvolume-controller',
  watches: [
    watch('persistentVolumeClaims', concernedByClaim),
    watch('persistentVolumes', concernedByVolume),
    watch('storageClasses', ({ metadata }, { listers }) => [
      ...waitingFor(metadata.name, listers),
      ...waitingFor('', listers),
    ]),
  ],
  reads: ['pods'],
  indexes(informers) {
    addClaimIndex(informers)
    const { persistentVolumeClaims: claims, persistentVolumes: volumes } = informers
    claims.addIndex(WAITING, (claim) => (claim.spec.volumeName ? [] : [classNameOfClaim(claim)]))
    claims.addIndex(BY_VOLUME_NAME, ({ spec }) => (spec.volumeName ? [spec.volumeName] : []))
    volumes.addIndex(BY_CLAIM_REF, (volume) => claimKeyOf(volume) ?? [])
  },
  reconcile: (key, deps) => (key.namespace ? reconcileClaim(key, deps) : reconcileVolume(key, deps)),
}

type Listers = WatchContext['listers']

function concernedByClaim(claim: Claim, { listers }: WatchContext): string[] {
  const reserved = listers.persistentVolumes.by(BY_CLAIM_REF, keyOf(claim)).map(keyOf)
  return [keyOf(claim), ...reserved, ...(claim.spec.volumeName ? [claim.spec.volumeName] : [])]
}

function concernedByVolume(volume: AnyVolume, { listers }: WatchContext): string[] {
  const named = listers.persistentVolumeClaims.by(BY_VOLUME_NAME, volume.metadata.name).map(keyOf)
  const own = claimKeyOf(volume)
  return [keyOf(volume), ...named, ...(own ?? waitingFor(classNameOfVolume(volume), listers))]
}

const waitingFor = (className: string, { persistentVolumeClaims: claims }: Listers): string[] =>
  claims.by(WAITING, className).map(keyOf)

function claimKeyOf({ spec: { claimRef } }: AnyVolume): [string] | undefined {
  return claimRef?.name ? [objectKey({ name: claimRef.name, namespace: claimRef.namespace })] : undefined
}

async function reconcileClaim(key: ObjectName, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, signal } = deps
  const claim = listers.persistentVolumeClaims.get(key)
  if (!claim) return settled
  const plan = planClaim(claim, viewOf(claim, listers))
  switch (plan.action) {
    case 'bind':
      await bind(plan.volume, claim, deps)
      return settled
    case 'assign-class':
      await client.persistentVolumeClaims.update(claimOfClass(claim, plan.storageClass), { signal })
      return settled
    case 'order': {
      const ordered = claimForProvisioner(claim, plan.provisioner)
      const current = ordered ? await client.persistentVolumeClaims.update(ordered, { signal }) : claim
      tell(deps, current, plan.notice)
      return after(TELL_AGAIN_MS)
    }
    case 'wait':
      if (plan.notice) tell(deps, claim, plan.notice)
      await writeClaimPhase(claim, 'Pending', undefined, deps)
      return plan.notice ? after(TELL_AGAIN_MS) : settled
    case 'lose':
      if (claim.status?.phase === 'Lost') return settled
      await writeClaimPhase(claim, 'Lost', undefined, deps)
      tell(deps, claim, plan.notice)
      return settled
    default:
      return unreachable(plan)
  }
}

function viewOf(claim: Claim, { persistentVolumes, storageClasses, pods }: Listers): ClaimView {
  const { volumeName } = claim.spec
  return {
    volumes: persistentVolumes.list(),
    named: volumeName ? persistentVolumes.get({ name: volumeName }) : undefined,
    classes: storageClasses.list(),
    unscheduledPods: pods
      .by(BY_CLAIM, keyOf(claim))
      .filter((pod) => !pod.spec.nodeName && !isPodTerminal(pod))
      .map(({ metadata }) => metadata.name),
  }
}

/**
 * Binds in upstream's order, so that whoever stops half-way can be followed by anyone: the volume's reference, its phase,
 * the claim's reference, its status. Only the last makes the claim usable.
 */
async function bind(volume: AnyVolume, claim: Claim, deps: ReconcileDeps): Promise<void> {
  const { client, signal } = deps
  const reserved = volumeForClaim(volume, claim)
  const held = reserved ? await client.persistentVolumes.update(reserved, { signal }) : volume
  await writeVolumePhase(held, 'Bound', deps)
  const bound = claimForVolume(claim, held)
  const current = bound ? await client.persistentVolumeClaims.update(bound, { signal }) : claim
  await writeClaimPhase(current, 'Bound', held, deps)
}

async function reconcileVolume(key: ObjectName, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, signal } = deps
  const volume = listers.persistentVolumes.get(key)
  if (!volume) return settled
  const claim = await claimOf(volume, deps)
  const plan = planVolume(volume, claim)
  switch (plan.action) {
    case 'keep':
      await writeVolumePhase(volume, plan.phase, deps)
      return settled
    case 'reclaim':
      await reclaim(volume, deps)
      return settled
    case 'free': {
      const freed = await client.persistentVolumes.update(freedVolume(volume), { signal })
      await writeVolumePhase(freed, 'Available', deps)
      return settled
    }
    case 'wait':
      if (plan.onVolume) tell(deps, volume, plan.onVolume)
      if (plan.onClaim && claim) tell(deps, claim, plan.onClaim)
      return settled
    default:
      return unreachable(plan)
  }
}

/** The claim that a volume names. Before a volume is given up the API is asked: our cache may not show the claim yet. */
async function claimOf(volume: AnyVolume, { client, listers, signal }: ReconcileDeps): Promise<Claim | undefined> {
  const { claimRef } = volume.spec
  if (!claimRef?.name) return undefined
  const name = { name: claimRef.name, namespace: claimRef.namespace }
  const cached = listers.persistentVolumeClaims.get(name)
  if (cached?.metadata.uid === claimRef.uid || isGivenUp(volume)) return cached
  return client.persistentVolumeClaims.get(name, { signal }).catch(ignoreNotFound)
}

const isGivenUp = ({ status }: AnyVolume): boolean => status?.phase === 'Released' || status?.phase === 'Failed'

async function reclaim(volume: AnyVolume, deps: ReconcileDeps): Promise<void> {
  if (!isGivenUp(volume)) await writeVolumePhase(volume, 'Released', deps)
  else if (volume.status?.phase === 'Released') await failToReclaim(volume, deps)
}

async function failToReclaim(volume: AnyVolume, deps: ReconcileDeps): Promise<void> {
  const failure = reclaimFailure(volume)
  if (!failure) return
  await writeVolumePhase(volume, 'Failed', deps, failure.message)
  tell(deps, volume, failure)
}

async function writeVolumePhase(
  volume: AnyVolume,
  phase: VolumePhase | 'Failed',
  { client, signal }: ReconcileDeps,
  message?: string,
): Promise<void> {
  if (volume.status?.phase === phase) return
  const copy = editable<PersistentVolume>(volume)
  const { message: _message, ...status } = copy.status ?? {}
  copy.status = { ...status, phase, ...(message && { message }) }
  await client.persistentVolumes.updateStatus(copy, { signal })
}

async function writeClaimPhase(
  claim: Claim,
  phase: 'Pending' | 'Bound' | 'Lost',
  volume: AnyVolume | undefined,
  { client, signal }: ReconcileDeps,
): Promise<void> {
  const changed = claimInPhase(claim, phase, volume)
  if (changed) await client.persistentVolumeClaims.updateStatus(changed, { signal })
}

function tell({ events }: ReconcileDeps, subject: EventSubject, { type, reason, message }: Notice): void {
  if (type === 'Normal') events.normal(subject, reason, message)
  else events.warning(subject, reason, message)
}
