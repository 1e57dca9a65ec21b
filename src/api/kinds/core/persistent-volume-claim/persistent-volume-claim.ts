import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import { defineResource } from '../../../resource.ts'
import type { PersistentVolumeClaim } from '../../../types/core.v1.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'
import { collect } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { accessModesText, storageClassOf } from '../volumes/columns.ts'
import { defaultClaim } from './defaults.ts'
import { checkClaimSpec } from './validate-spec.ts'
import { validateClaimUpdate } from './validate-update.ts'
import { claimSpecWarnings } from './warnings.ts'

type Claim = DeepReadonly<PersistentVolumeClaim>

const specPath = FieldPath.of('spec')

export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>('v1', 'persistentvolumeclaims', {
  default: defaultClaim,
  prepareCreate: (claim) => {
    claim.status = { phase: 'Pending' }
    syncDataSources(claim.spec)
  },
  prepareUpdate: (claim, { old, subresource }) => {
    // Claims of before the second field get it with any update.
    if (subresource === '' && !old.spec.dataSourceRef && old.spec.dataSource) syncDataSources(claim.spec)
  },
  validate: ({ spec }, old) =>
    collect((errors) => {
      const knownGroups = !!(old?.spec.dataSource?.apiGroup ?? old?.spec.dataSourceRef?.apiGroup)
      checkClaimSpec(spec, specPath, errors, { knownGroups })
    }),
  validateUpdate: validateClaimUpdate,
  warnings: ({ spec }) => {
    const warnings: string[] = []
    claimSpecWarnings(spec, specPath, warnings)
    return warnings
  },
  generation: false,
  columns: [
    nameColumn,
    {
      header: 'Status',
      cell: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? '')),
    },
    { header: 'Volume', cell: ({ spec }) => spec.volumeName ?? '' },
    { header: 'Capacity', cell: (claim) => (claim.spec.volumeName ? (claim.status.capacity?.storage ?? '0') : '') },
    { header: 'Access Modes', cell: accessModes },
    {
      header: 'StorageClass',
      cell: ({ metadata, spec }) => storageClassOf(metadata.annotations, spec.storageClassName),
    },
    {
      header: 'VolumeAttributesClass',
      cell: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>',
    },
    ageColumn,
    { header: 'VolumeMode', priority: 1, cell: ({ spec }) => spec.volumeMode ?? '<unset>' },
  ],
})

/** `dataSource` can say only some of what `dataSourceRef` says; what it can, both say (KEP-1495). */
function syncDataSources(spec: PersistentVolumeClaim['spec']): void {
  const { dataSource, dataSourceRef } = spec
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource }
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { apiGroup, kind, name } = dataSourceRef
    const isLocal = (!apiGroup && kind === 'PersistentVolumeClaim') || isSnapshot(apiGroup, kind)
    if (isLocal) spec.dataSource = { ...(apiGroup !== undefined && { apiGroup }), kind, name }
  }
}

const isSnapshot = (apiGroup: string | undefined, kind: string): boolean =>
  apiGroup === 'snapshot.storage.k8s.io' && kind === 'VolumeSnapshot'

/** Of the volume that is bound, none before. */
function accessModes({ spec, status }: Claim): string {
  return spec.volumeName ? accessModesText(status.accessModes) : ''
}
