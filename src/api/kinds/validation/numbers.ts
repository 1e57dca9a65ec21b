import type { IntOrString } from '../../types/meta.v1.ts'
import type { At, FieldErrors } from './field-errors.ts'

export const NOT_NEGATIVE = 'must be greater than or equal to 0'
export const POSITIVE = 'must be greater than zero'
export const MAX_INT32 = 2 ** 31 - 1

export const inRange = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`

/** Unset counts as 0. */
export function checkNotNegative(value: number | undefined, at: At, errors: FieldErrors): void {
  if (value !== undefined && value < 0) errors.invalid(at, value, NOT_NEGATIVE)
}

export function checkRange(value: number, low: number, high: number, at: At, errors: FieldErrors): void {
  if (value < low || value > high) errors.invalid(at, value, inRange(low, high))
}

const MAX_FILE_MODE = 0o777

/** Permission bits of a file in a volume. */
export function checkFileMode(mode: number | undefined, at: At, errors: FieldErrors): void {
  if (mode === undefined || (mode >= 0 && mode <= MAX_FILE_MODE)) return
  errors.invalid(at, mode, 'must be a number between 0 and 0777 (octal), both inclusive')
}

/** A user or group id as Linux has them: 0 to 2³¹−1. */
export function checkOwnerId(id: number | undefined, at: At, errors: FieldErrors): void {
  if (id !== undefined) checkRange(id, 0, MAX_INT32, at, errors)
}

const PERCENT = /^[0-9]+%$/
const PERCENT_FORMAT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"

/** `5` or `"10%"`; texts that are no percentage and negative numbers are refused. */
export function checkNumberOrPercent(value: IntOrString, at: At, errors: FieldErrors): void {
  if (typeof value === 'number') checkNotNegative(value, at, errors)
  else if (!PERCENT.test(value)) errors.invalid(at, value, PERCENT_FORMAT)
}

/** The number of a percentage, or undefined when the value is none. */
export function percentOf(value: IntOrString | undefined): number | undefined {
  return typeof value === 'string' && PERCENT.test(value) ? Number(value.slice(0, -1)) : undefined
}

/** Refuses `"101%"` and more. */
export function checkAtMostAll(value: IntOrString, at: At, errors: FieldErrors): void {
  if ((percentOf(value) ?? 0) > 100) errors.invalid(at, value, 'must not be greater than 100%')
}
