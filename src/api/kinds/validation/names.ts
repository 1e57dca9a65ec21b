import type { At, FieldErrors } from './field-errors.ts'
import type { FieldPath } from './field-path.ts'
import { dns1123LabelErrors, dns1123SubdomainErrors, qualifiedNameErrors } from './name-rules.ts'

export function checkDns1123Label(value: string, at: At, errors: FieldErrors): void {
  errors.invalidAll(at, value, dns1123LabelErrors(value))
}

export function checkDns1123Subdomain(value: string, at: At, errors: FieldErrors): void {
  errors.invalidAll(at, value, dns1123SubdomainErrors(value))
}

export function checkQualifiedName(value: string, at: At, errors: FieldErrors): void {
  errors.invalidAll(at, value, qualifiedNameErrors(value))
}

/** Required, and a DNS-1123 label. */
export function checkRequiredLabel(value: string | undefined, at: At, errors: FieldErrors): void {
  if (value) checkDns1123Label(value, at, errors)
  else errors.required(at)
}

/** The same for a field of the struct at `at`; its path is made for an error only. */
export function checkRequiredLabelOf(
  field: string,
  value: string | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!value) return errors.required(at.child(field))
  const problems = dns1123LabelErrors(value)
  if (problems.length > 0) errors.invalidAll(at.child(field), value, problems)
}

/** Checks only what is there: unset and empty are fine. */
export function checkOptionalSubdomain(value: string | undefined, at: At, errors: FieldErrors): void {
  if (value) checkDns1123Subdomain(value, at, errors)
}
