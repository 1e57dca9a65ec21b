import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { OpaqueDeviceConfiguration } from '../../types/resource.v1.ts'
import { checkCsiDriverName } from '../core/volumes/validate-sources.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'

const MAX_BYTES = 10 * 1024

/** What a driver is told of devices: an object that only it understands. */
export function checkOpaque(
  opaque: DeepReadonly<OpaqueDeviceConfiguration> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!opaque) return errors.required(at)
  checkCsiDriverName(opaque.driver ?? '', at.child('driver'), errors)
  checkRawObject(opaque.parameters, at.child('parameters'), errors)
}

/** Any JSON object, of no more than 10 KiB. */
export function checkRawObject(value: unknown, at: FieldPath, errors: FieldErrors): void {
  if (value === undefined || value === null) return errors.required(at)
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_BYTES) errors.tooLong(at, MAX_BYTES)
  else if (typeof value !== 'object' || Array.isArray(value)) {
    errors.invalid(at, '<value omitted>', 'must be a valid JSON object')
  }
}
