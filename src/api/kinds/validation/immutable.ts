import { semanticEqual } from './equality.ts'
import type { At, FieldErrors } from './field-errors.ts'

/** Refuses any change of a field. */
export function checkImmutable(value: unknown, old: unknown, at: At, errors: FieldErrors): void {
  if (!semanticEqual(value, old)) errors.invalid(at, value ?? null, 'field is immutable')
}
