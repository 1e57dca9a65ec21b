import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedObjectReference,
} from '../../../types/core.v1.ts'
import { checkOptionalChoice, choices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkAnnotations, checkLabelSelector, checkLabels } from '../../validation/labels.ts'
import { dns1123LabelErrors } from '../../validation/name-rules.ts'
import { checkDns1123Subdomain, checkOptionalSubdomain } from '../../validation/names.ts'
import { checkQuantityPositive, checkResourceQuantity } from '../../validation/quantities.ts'

type Spec = DeepReadonly<PersistentVolumeClaimSpec>

const accessModes = choices('ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod')
export const volumeModes = choices('Block', 'Filesystem')

/** Each mode known, and ReadWriteOncePod with no other. Lists may be empty here. */
export function checkAccessModes(modes: readonly string[], at: FieldPath, errors: FieldErrors): void {
  for (const mode of modes) checkOptionalChoice(mode, accessModes, at, errors)
  if (
    modes.includes('ReadWriteOncePod') &&
    modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.has(mode))
  ) {
    errors.forbidden(at, 'may not use ReadWriteOncePod with other access modes')
  }
}

/** `knownGroups`: the old claim had a data source with a group, which was not checked then. */
export function checkClaimSpec(
  spec: Spec,
  at: FieldPath,
  errors: FieldErrors,
  { knownGroups = false }: { knownGroups?: boolean } = {},
): void {
  if (!spec.accessModes?.length) errors.required(at.child('accessModes'), 'at least 1 access mode is required')
  checkLabelSelector(spec.selector, at.child('selector'), errors)
  checkAccessModes(spec.accessModes ?? [], at.child('accessModes'), errors)
  checkSize(spec.resources?.requests?.storage, at.child('resources').key('storage'), errors)
  checkOptionalSubdomain(spec.storageClassName, at.child('storageClassName'), errors)
  checkOptionalChoice(spec.volumeMode, volumeModes, at.child('volumeMode'), errors)
  if (spec.dataSource) checkDataSource(spec.dataSource, at.child('dataSource'), errors, knownGroups)
  if (spec.dataSourceRef) checkDataSource(spec.dataSourceRef, at.child('dataSourceRef'), errors, knownGroups)
  checkSourcesAgree(spec, at, errors)
  checkOptionalSubdomain(spec.volumeAttributesClassName, at.child('volumeAttributesClassName'), errors)
}

function checkSize(size: string | undefined, at: FieldPath, errors: FieldErrors): void {
  if (size === undefined) return errors.required(at)
  const before = errors.count
  checkQuantityPositive(size, at, errors)
  if (errors.count === before) checkResourceQuantity('storage', size, at, errors)
}

function checkDataSource(
  { apiGroup, kind, name, namespace }: DeepReadonly<TypedObjectReference>,
  at: FieldPath,
  errors: FieldErrors,
  knownGroups: boolean,
): void {
  if (!name) errors.required(at.child('name'))
  if (!kind) errors.required(at.child('kind'))
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    errors.invalid(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
  }
  if (apiGroup && !knownGroups) checkDns1123Subdomain(apiGroup, at.child('apiGroup'), errors)
  if (namespace) errors.invalidAll(at.child('namespace'), namespace, dns1123LabelErrors(namespace))
}

/** The old field says the same as the new one, or nothing where it cannot say it. */
function checkSourcesAgree({ dataSource, dataSourceRef }: Spec, at: FieldPath, errors: FieldErrors): void {
  if (!dataSource || !dataSourceRef) return
  const subject = String(at.child('dataSource'))
  if (dataSourceRef.namespace) {
    errors.invalid(at, subject, 'may not be specified when dataSourceRef.namespace is specified')
  } else if (
    dataSource.apiGroup !== dataSourceRef.apiGroup ||
    dataSource.kind !== dataSourceRef.kind ||
    dataSource.name !== dataSourceRef.name
  ) {
    errors.invalid(at, subject, 'must match dataSourceRef')
  }
}

/** A claim made later from a template: of its metadata only labels and annotations count. */
export function checkClaimTemplate(
  { metadata = {}, spec }: DeepReadonly<PersistentVolumeClaimTemplate>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const field = at.child('metadata')
  checkAnnotations(metadata.annotations, field.child('annotations'), errors)
  checkLabels(metadata.labels, field.child('labels'), errors)
  for (const name in metadata) {
    const isSet = name !== 'labels' && name !== 'annotations' && metadata[name as keyof typeof metadata] !== undefined
    if (isSet) errors.forbidden(field.child(name), 'cannot be set')
  }
  checkClaimSpec(spec, at.child('spec'), errors)
}
