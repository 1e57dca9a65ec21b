import type { At, FieldErrors } from '../validation/field-errors.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'

const MAX_LENGTH = 63

/** The name that a CSI driver gives itself: a domain of at most 63 characters, in any case. */
export function checkDriverName(name: string, at: At, errors: FieldErrors): void {
  if (name === '') errors.required(at)
  if (name.length > MAX_LENGTH) errors.tooLong(at, MAX_LENGTH)
  checkDns1123Subdomain(name.toLowerCase(), at, errors)
}
