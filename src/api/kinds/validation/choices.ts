import type { At, FieldErrors } from './field-errors.ts'
import type { FieldPath } from './field-path.ts'

/** The named values that a string field takes; `listed` is what an error shows, sorted unless upstream's is not. */
export interface Choices {
  has(value: string): boolean
  readonly listed: readonly string[]
}

/** A set of values that errors list sorted, as Go's `sets.List` does. */
export function choices(...values: string[]): Choices {
  const set = new Set(values)
  return { has: (value) => set.has(value), listed: [...values].sort() }
}

/** A set of values that errors list in the order given. */
export function orderedChoices(...values: string[]): Choices {
  const set = new Set(values)
  return { has: (value) => set.has(value), listed: values }
}

/** An unset value is left alone: for optional pointers. */
export function checkOptionalChoice(value: string | undefined, allowed: Choices, at: At, errors: FieldErrors): void {
  if (value !== undefined && !allowed.has(value)) errors.notSupported(at, value, allowed.listed)
}

/** Missing and empty are `Required value`. */
export function checkRequiredChoice(value: string | undefined, allowed: Choices, at: At, errors: FieldErrors): void {
  if (!value) errors.required(at)
  else if (!allowed.has(value)) errors.notSupported(at, value, allowed.listed)
}

/** The same for a field of the struct at `at`; its path is made for an error only. */
export function checkRequiredChoiceOf(
  field: string,
  value: string | undefined,
  allowed: Choices,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!value || !allowed.has(value)) checkRequiredChoice(value, allowed, at.child(field), errors)
}
