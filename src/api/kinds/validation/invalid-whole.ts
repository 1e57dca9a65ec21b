import { FieldErrorType } from '../../field-error.ts'
import type { At, FieldErrors } from './field-errors.ts'

/** A struct is wrong as a whole: its value is not repeated in the message. */
export function invalidWhole(at: At, why: string, errors: FieldErrors): void {
  errors.list.push({ type: FieldErrorType.Invalid, field: String(at), message: `Invalid value: ${why}` })
}
