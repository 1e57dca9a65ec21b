import { semanticEqual } from '../validation/equality.ts'
import type { FieldErrors } from '../validation/field-errors.ts'

/** Refuses changes of top-level fields, in the words of the storage group. */
export function forbidUpdates<T>(object: T, old: T, fields: readonly (keyof T & string)[], errors: FieldErrors): void {
  for (const field of fields) {
    if (!semanticEqual(object[field], old[field])) errors.forbidden(field, `updates to ${field} are forbidden.`)
  }
}
