import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { PersistentVolume, PersistentVolumeSpec } from '../../../types/core.v1.ts'
import { checkOptionalChoice, choices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { checkDns1123Subdomain, checkOptionalSubdomain } from '../../validation/names.ts'
import { checkQuantityPositive, checkSizeNotNegative } from '../../validation/quantities.ts'
import { checkNodeSelector } from '../node-selector.ts'
import { checkAccessModes, volumeModes } from '../persistent-volume-claim/validate-spec.ts'
import { isSessionNameTooLong, SESSION_NAME_TOO_LONG } from '../volumes/validate-iscsi.ts'
import { sourceRules } from './sources.ts'

type Spec = DeepReadonly<PersistentVolumeSpec>

const specPath = FieldPath.of('spec')
const reclaimPolicies = choices('Delete', 'Recycle', 'Retain')

export function checkVolume({ metadata, spec }: DeepReadonly<PersistentVolume>, errors: FieldErrors): void {
  if (!spec.accessModes?.length) errors.required(specPath.child('accessModes'))
  checkAccessModes(spec.accessModes ?? [], specPath.child('accessModes'), errors)
  checkCapacity(spec, specPath.child('capacity'), errors)
  const policy = specPath.child('persistentVolumeReclaimPolicy')
  checkOptionalChoice(spec.persistentVolumeReclaimPolicy || undefined, reclaimPolicies, policy, errors)
  if (spec.nodeAffinity) checkAffinity(spec, specPath.child('nodeAffinity'), errors)
  checkSource(spec, errors)
  if (spec.iscsi && isSessionNameTooLong(metadata.name, spec.iscsi)) {
    errors.invalid(specPath.child('iscsi.targetportal'), spec.iscsi.targetPortal, SESSION_NAME_TOO_LONG)
  }
  if (spec.hostPath && isRoot(spec.hostPath.path) && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.forbidden(policy, "may not be 'recycle' for a hostPath mount of '/'")
  }
  checkOptionalSubdomain(spec.storageClassName, specPath.child('storageClassName'), errors)
  checkOptionalChoice(spec.volumeMode, volumeModes, specPath.child('volumeMode'), errors)
  if (spec.volumeAttributesClassName !== undefined) checkAttributesClass(spec, errors)
}

const isRoot = (path: string): boolean => path !== '' && path.split('/').every((part) => part === '' || part === '.')

/** Storage, and nothing else. */
function checkCapacity({ capacity = {} }: Spec, at: FieldPath, errors: FieldErrors): void {
  const names = Object.keys(capacity)
  if (names.length === 0) errors.required(at)
  if (capacity.storage === undefined || names.length > 1) errors.notSupported(at, capacity, ['storage'])
  for (const name of names) {
    checkSizeNotNegative(capacity[name] as string, at.key(name), errors)
    checkQuantityPositive(capacity[name] as string, at.key(name), errors)
  }
}

function checkAffinity({ nodeAffinity }: Spec, at: FieldPath, errors: FieldErrors): void {
  if (nodeAffinity?.required) checkNodeSelector(nodeAffinity.required, at.child('required'), errors)
  else errors.required(at.child('required'), 'must specify required node constraints')
}

/** Exactly one source; what comes after the first is refused without a look. */
function checkSource(spec: Spec, errors: FieldErrors): void {
  let found = false
  for (const { field, check, path, conflictPath } of sourceRules) {
    const source = spec[field]
    if (source === undefined) continue
    if (found && field !== 'flexVolume') {
      errors.forbidden(specPath.child(conflictPath ?? field), 'may not specify more than 1 volume type')
    } else check(source as never, specPath.child(path ?? field), errors)
    if (!found && field === 'local' && !spec.nodeAffinity) {
      errors.required(specPath.child('nodeAffinity'), 'Local volume requires node affinity')
    }
    found = true
  }
  if (!found) errors.required(specPath, 'must specify a volume type')
}

function checkAttributesClass({ volumeAttributesClassName: name, csi }: Spec, errors: FieldErrors): void {
  const field = specPath.child('volumeAttributesClassName')
  if (name) checkDns1123Subdomain(name, field, errors)
  else errors.required(field, 'an empty string is disallowed')
  if (!csi) errors.required(specPath.child('csi'), 'has to be specified when using volumeAttributesClassName')
}
