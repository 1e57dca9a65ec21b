import { checkCsiDriverName } from '../core/volumes/validate-sources.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'

const MAX_POOL_BYTES = 253
const MAX_ID_BYTES = 32
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
const NOT_AN_IDENTIFIER =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"

/** Subdomains between slashes. */
export function checkPoolName(name: string | undefined, at: FieldPath, errors: FieldErrors): void {
  if (!name) return errors.required(at)
  if (Buffer.byteLength(name) > MAX_POOL_BYTES) errors.tooLong(at, MAX_POOL_BYTES)
  for (const part of name.split('/')) checkDns1123Subdomain(part, at, errors)
}

/** Of an attribute or a capacity: `model`, which is the driver's own, or `dra.example.com/model`. */
export function checkDeviceProperty(name: string, at: FieldPath, errors: FieldErrors): void {
  const [first = '', second, ...rest] = name.split('/')
  if (rest.length > 0) return errors.invalid(at, name, 'must not contain more than one slash')
  if (second === undefined) return checkIdentifier(first, at, errors)
  if (first === '') errors.invalid(at, '', 'the domain must not be empty')
  else checkCsiDriverName(first, at, errors)
  if (second === '') errors.invalid(at, '', 'the name must not be empty')
  else checkIdentifier(second, at, errors)
}

/** A property with its domain. */
export function checkFullProperty(name: string, at: FieldPath, errors: FieldErrors): void {
  checkDeviceProperty(name, at, errors)
  if (name.includes('/')) return
  errors.invalid(at, name, 'a fully qualified name must be a domain and a name separated by a slash')
}

function checkIdentifier(id: string, at: FieldPath, errors: FieldErrors): void {
  if (Buffer.byteLength(id) > MAX_ID_BYTES) errors.tooLong(at, MAX_ID_BYTES)
  if (!IDENTIFIER.test(id)) errors.invalid(at, id, NOT_AN_IDENTIFIER)
}
