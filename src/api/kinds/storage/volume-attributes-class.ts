import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { VolumeAttributesClass } from '../../types/storage.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { forbidUpdates } from './forbidden-update.ts'
import { checkParameters, checkProvisioner } from './provisioner.ts'

const DEFAULT_CLASS = 'volumeattributesclass.alpha.kubernetes.io/is-default-class'

/** storage.k8s.io/v1 VolumeAttributesClass (KEP-3751). Upstream: pkg/registry/storage/volumeattributesclass. */
export const volumeAttributesClasses = defineResource<VolumeAttributesClass>(
  'storage.k8s.io/v1',
  'volumeattributesclasses',
  {
    validate: ({ driverName, parameters }) =>
      collect((errors) => {
        checkProvisioner(driverName, 'driverName', errors)
        checkParameters(parameters, { mayBeEmpty: false }, 'parameters', errors)
      }),
    validateUpdate: (attributesClass, { old }) =>
      collect((errors) => forbidUpdates(attributesClass, old, ['driverName', 'parameters'], errors)),
    generation: false,
    columns: [
      { ...nameColumn, cell: nameText },
      { header: 'DriverName', cell: ({ driverName }) => driverName },
      ageColumn,
    ],
  },
)

function nameText({ metadata }: DeepReadonly<VolumeAttributesClass>): string {
  return metadata.annotations?.[DEFAULT_CLASS] === 'true' ? `${metadata.name} (default)` : metadata.name
}
