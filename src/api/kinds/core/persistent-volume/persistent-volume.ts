import { timestamp } from '../../../../base/clock.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import { defineResource } from '../../../resource.ts'
import type { PersistentVolume } from '../../../types/core.v1.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'
import { collect } from '../../validation/field-errors.ts'
import { roundUpToMilli } from '../resources.ts'
import { accessModesText, storageClassOf } from '../volumes/columns.ts'
import { defaultAzureDisk, defaultHostPath, defaultIscsi, defaultRbd, defaultScaleIo } from '../volumes/defaults.ts'
import { checkVolume } from './validate.ts'
import { validateVolumeUpdate } from './validate-update.ts'

type Volume = DeepReadonly<PersistentVolume>

export const persistentVolumes = defineResource<PersistentVolume>('v1', 'persistentvolumes', {
  default: defaultVolume,
  prepareCreate: (volume) => {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(Date.now()) }
  },
  prepareUpdate: (volume, { old, subresource }) => {
    if (subresource !== 'status' || volume.status.phase === old.status.phase) return
    if (volume.status.lastPhaseTransitionTime === old.status.lastPhaseTransitionTime) {
      volume.status.lastPhaseTransitionTime = timestamp(Date.now())
    }
  },
  validate: (volume) => collect((errors) => checkVolume(volume, errors)),
  validateUpdate: validateVolumeUpdate,
  warnings,
  generation: false,
  columns: [
    nameColumn,
    { header: 'Capacity', cell: ({ spec }) => spec.capacity?.storage ?? '0' },
    { header: 'Access Modes', cell: ({ spec }) => accessModesText(spec.accessModes) },
    { header: 'Reclaim Policy', cell: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '' },
    {
      header: 'Status',
      cell: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? '')),
    },
    { header: 'Claim', cell: ({ spec: { claimRef } }) => (claimRef ? `${claimRef.namespace}/${claimRef.name}` : '') },
    {
      header: 'StorageClass',
      cell: ({ metadata, spec }) => storageClassOf(metadata.annotations, spec.storageClassName),
    },
    { header: 'VolumeAttributesClass', cell: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>' },
    { header: 'Reason', cell: ({ status }) => status.reason ?? '' },
    ageColumn,
    { header: 'VolumeMode', priority: 1, cell: ({ spec }) => spec.volumeMode ?? '<unset>' },
  ],
})

function defaultVolume(volume: PersistentVolume): void {
  const { spec } = volume
  volume.status ??= {}
  volume.status.phase ||= 'Pending'
  spec.persistentVolumeReclaimPolicy ||= 'Retain'
  spec.volumeMode ??= 'Filesystem'
  roundUpToMilli(spec.capacity)
  defaultHostPath(spec.hostPath)
  defaultIscsi(spec.iscsi)
  defaultRbd(spec.rbd)
  defaultAzureDisk(spec.azureDisk)
  defaultScaleIo(spec.scaleIO)
}

const deprecatedTypes = [
  ['cephfs', 'spec.cephfs: deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'spec.photonPersistentDisk: deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'spec.scaleIO: deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'spec.storageOS: deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'spec.glusterfs: deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'spec.rbd: deprecated in v1.28, non-functional in v1.31+'],
] as const

function warnings({ spec }: Volume): string[] {
  const texts: string[] = deprecatedTypes.filter(([field]) => spec[field]).map(([, advice]) => advice)
  const isRecycled = spec.persistentVolumeReclaimPolicy === 'Recycle'
  if (isRecycled)
    texts.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    )
  return texts
}
