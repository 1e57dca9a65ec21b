import { checkDomainPrefixedPath } from '../validation/domain-path.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'

const MAX_LENGTH = 63

/** Who runs the job instead of the built-in controller: `example.com/controller` (KEP-4368). */
export function checkManagedBy(name: string, at: FieldPath, errors: FieldErrors): void {
  checkDomainPrefixedPath(name, at, errors)
  if (name.length > MAX_LENGTH) errors.tooLong(at, MAX_LENGTH)
}
