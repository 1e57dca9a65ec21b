import type { At, FieldErrors } from './field-errors.ts'
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

/** Checks only what is there: unset and empty are fine. */
export function checkOptionalSubdomain(value: string | undefined, at: At, errors: FieldErrors): void {
  if (value) checkDns1123Subdomain(value, at, errors)
}
