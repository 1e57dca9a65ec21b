import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { FieldError } from '../../../field-error.ts'
import { compareQuantities } from '../../../quantity.ts'
import type { UpdateContext } from '../../../resource.ts'
import type { PersistentVolumeClaim } from '../../../types/core.v1.ts'
import { choices } from '../../validation/choices.ts'
import { describeDifference } from '../../validation/difference.ts'
import { semanticEqual } from '../../validation/equality.ts'
import { collect, type FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { qualifiedNameErrors } from '../../validation/name-rules.ts'
import { checkResourceQuantity, checkSizeNotNegative } from '../../validation/quantities.ts'
import { isNativeResource } from '../../validation/resource-names.ts'

type Claim = DeepReadonly<PersistentVolumeClaim>

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'
const IMMUTABLE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'

export function validateClaimUpdate(
  claim: Claim,
  { old, subresource }: UpdateContext<PersistentVolumeClaim>,
): FieldError[] {
  return collect((errors) => {
    if (subresource === 'status') checkStatus(claim, errors)
    else checkSpec(claim, old, errors)
  })
}

/** A claim is bound once; then it may ask for more room, or another class of attributes. */
function checkSpec(claim: Claim, old: Claim, errors: FieldErrors): void {
  const now = claim.metadata.annotations?.[BETA_CLASS]
  const before = old.metadata.annotations?.[BETA_CLASS]
  const fromAnnotation = isClassFromAnnotation(claim, old)
  if (!fromAnnotation && now !== before) {
    errors.invalid(`metadata.annotations.${BETA_CLASS}`, now ?? '', 'field is immutable')
  }
  const rest = withoutAllowedChanges(claim, old)
  if (!semanticEqual(rest, old.spec)) {
    errors.forbidden('spec', `${IMMUTABLE}\n${describeDifference(old.spec, rest)}`)
  }
  checkShrinking(claim, old, errors)
  if (claim.spec.volumeMode !== old.spec.volumeMode) {
    errors.invalid('volumeMode', claim.spec.volumeMode, 'field is immutable')
  }
  checkAttributesClass(claim, old, errors)
}

function isClassFromAnnotation(claim: Claim, old: Claim): boolean {
  const before = old.metadata.annotations?.[BETA_CLASS]
  const now = claim.metadata.annotations?.[BETA_CLASS] ?? before
  return before !== undefined && !old.spec.storageClassName && claim.spec.storageClassName === before && now === before
}

function withoutAllowedChanges({ metadata, spec, status }: Claim, { metadata: oldMeta, spec: old }: Claim): unknown {
  const rest: Record<string, unknown> = { ...spec }
  if (!old.volumeName) rest.volumeName = old.volumeName
  const annotation = oldMeta.annotations?.[BETA_CLASS]
  const isFirstClass = spec.storageClassName !== undefined && old.storageClassName === undefined
  if (isFirstClass && (annotation === undefined || annotation === spec.storageClassName) && metadata) {
    rest.storageClassName = undefined
  }
  if (status.phase !== 'Bound') return rest
  if (spec.resources?.requests) {
    const requests = { ...spec.resources.requests, storage: old.resources?.requests?.storage }
    rest.resources = { ...spec.resources, requests }
  }
  if (spec.volumeAttributesClassName !== undefined) rest.volumeAttributesClassName = old.volumeAttributesClassName
  return rest
}

/** An expansion that fails may be taken back, though not below what the volume already has. */
function checkShrinking({ spec }: Claim, old: Claim, errors: FieldErrors): void {
  const size = spec.resources?.requests?.storage ?? '0'
  const before = old.spec.resources?.requests?.storage ?? '0'
  if (compareQuantities(size, before) >= 0) return
  if (compareQuantities(size, old.status.capacity?.storage ?? '0') > 0 && old.status.capacity?.storage) return
  const problem = old.status.capacity?.storage
    ? 'field can not be less than status.capacity'
    : 'field can not be less than previous value'
  errors.forbidden('spec.resources.requests.storage', problem)
}

function checkAttributesClass({ spec }: Claim, { spec: old }: Claim, errors: FieldErrors): void {
  const before = old.volumeAttributesClassName
  if (before === undefined || spec.volumeAttributesClassName === before) return
  const field = 'spec.volumeAttributesClassName'
  if (spec.volumeAttributesClassName === undefined) {
    errors.forbidden(field, 'update from non-nil value to nil is forbidden')
  } else if (spec.volumeAttributesClassName === '') {
    errors.forbidden(field, 'update from non-nil value to an empty string is forbidden')
  }
}

const resizeStatuses = choices(
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
)

function checkStatus({ spec, status }: Claim, errors: FieldErrors): void {
  if (!spec.accessModes?.length) errors.required('Spec.accessModes')
  const capacity = FieldPath.of('status.capacity')
  for (const name in status.capacity) checkSizeNotNegative(status.capacity[name] as string, capacity.key(name), errors)
  const statuses = FieldPath.of('status.allocatedResourceStatus')
  for (const name in status.allocatedResourceStatuses) {
    checkKey(name, statuses, errors)
    const value = status.allocatedResourceStatuses[name] as string
    if (!resizeStatuses.has(value)) errors.notSupported(statuses, name, resizeStatuses.listed)
  }
  const allocated = FieldPath.of('status.allocatedResources')
  for (const name in status.allocatedResources) {
    if (!checkKey(name, allocated, errors)) continue
    checkResourceQuantity('storage', status.allocatedResources[name] as string, allocated.key(name), errors)
  }
}

/** `storage`, or a resource with a domain. True when it is right. */
function checkKey(name: string, at: FieldPath, errors: FieldErrors): boolean {
  const before = errors.count
  errors.invalidAll(at, name, qualifiedNameErrors(name))
  if (errors.count === before && isNativeResource(name) && name !== 'storage') {
    errors.notSupported(at, name, ['storage'])
  }
  return errors.count === before
}
