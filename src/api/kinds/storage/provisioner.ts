import type { FieldErrors } from '../validation/field-errors.ts'
import { checkQualifiedName } from '../validation/names.ts'

const MAX_PARAMETERS = 512
const MAX_BYTES = 256 * 1024

type Parameters = Readonly<Record<string, string>> | undefined

/** A driver's name, in any case. */
export function checkProvisioner(name: string, at: string, errors: FieldErrors): void {
  if (name === '') errors.required(at)
  else checkQualifiedName(name.toLowerCase(), at, errors)
}

/** What is handed to a provisioner: at most 512 entries of 256 KiB together. */
export function checkParameters(
  parameters: Parameters,
  { mayBeEmpty }: { mayBeEmpty: boolean },
  at: string,
  errors: FieldErrors,
): void {
  const entries = Object.entries(parameters ?? {})
  if (entries.length > MAX_PARAMETERS) return errors.tooLong(at, MAX_PARAMETERS)
  if (!mayBeEmpty && entries.length === 0) return errors.required(at, 'must contain at least one key/value pair')
  let size = 0
  for (const [key, value] of entries) {
    if (key === '') errors.invalid(at, key, 'field can not be empty.')
    size += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (size > MAX_BYTES) errors.tooLong(at, MAX_BYTES)
}
