import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { TopologySelectorTerm } from '../../types/core.v1.ts'
import type { StorageClass } from '../../types/storage.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { checkOptionalChoice, checkRequiredChoice, choices } from '../validation/choices.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkLabelKey } from '../validation/labels.ts'
import { forbidUpdates } from './forbidden-update.ts'
import { checkParameters, checkProvisioner } from './provisioner.ts'

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'
const BETA_DEFAULT_CLASS = 'storageclass.beta.kubernetes.io/is-default-class'
const reclaimPolicies = choices('Delete', 'Retain')
const bindingModes = choices('Immediate', 'WaitForFirstConsumer')

/** storage.k8s.io/v1 StorageClass. Upstream: pkg/apis/storage, pkg/registry/storage/storageclass. */
export const storageClasses = defineResource<StorageClass>('storage.k8s.io/v1', 'storageclasses', {
  default: (storageClass) => {
    storageClass.reclaimPolicy ??= 'Delete'
    storageClass.volumeBindingMode ??= 'Immediate'
  },
  validate: (storageClass) =>
    collect((errors) => {
      checkProvisioner(storageClass.provisioner, 'provisioner', errors)
      checkParameters(storageClass.parameters, { mayBeEmpty: true }, 'parameters', errors)
      checkOptionalChoice(storageClass.reclaimPolicy, reclaimPolicies, 'reclaimPolicy', errors)
      checkRequiredChoice(storageClass.volumeBindingMode, bindingModes, 'volumeBindingMode', errors)
      checkTopologies(storageClass.allowedTopologies, errors)
    }),
  validateUpdate: (storageClass, { old }) =>
    collect((errors) => {
      forbidUpdates(storageClass, old, ['parameters', 'provisioner', 'reclaimPolicy'], errors)
      checkImmutable(storageClass.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode', errors)
    }),
  generation: false,
  columns: [
    { ...nameColumn, cell: nameText },
    { header: 'Provisioner', cell: ({ provisioner }) => provisioner },
    { header: 'ReclaimPolicy', cell: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete' },
    { header: 'VolumeBindingMode', cell: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate' },
    { header: 'AllowVolumeExpansion', cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false },
    ageColumn,
  ],
})

function nameText({ metadata }: DeepReadonly<StorageClass>): string {
  const { name, annotations = {} } = metadata
  const isDefault = annotations[DEFAULT_CLASS] === 'true' || annotations[BETA_DEFAULT_CLASS] === 'true'
  return isDefault ? `${name} (default)` : name
}

const TOPOLOGIES = FieldPath.of('allowedTopologies')

function checkTopologies(terms: readonly DeepReadonly<TopologySelectorTerm>[] | undefined, errors: FieldErrors): void {
  terms?.forEach((term, index) => {
    const at = TOPOLOGIES.index(index).child('matchLabelExpressions')
    checkTerm(term, at, errors)
    if (terms.slice(0, index).some((earlier) => semanticEqual(earlier, term))) errors.duplicate(at, '')
  })
}

function checkTerm(term: DeepReadonly<TopologySelectorTerm>, at: FieldPath, errors: FieldErrors): void {
  const keys = new Set<string>()
  term.matchLabelExpressions?.forEach(({ key, values }, index) => {
    const where = at.index(index)
    checkValues(values ?? [], where.child('values'), errors)
    checkLabelKey(key, where.child('key'), errors)
    if (keys.has(key)) errors.duplicate(where.child('key'), key)
    keys.add(key)
  })
}

function checkValues(values: readonly string[], at: FieldPath, errors: FieldErrors): void {
  if (values.length === 0) errors.required(at)
  values.forEach((value, index) => {
    if (values.indexOf(value) < index) errors.duplicate(at.index(index), value)
  })
}
