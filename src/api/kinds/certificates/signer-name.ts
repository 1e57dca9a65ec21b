import type { FieldErrors } from '../validation/field-errors.ts'
import { dns1123SubdomainErrors } from '../validation/name-rules.ts'

const FORM = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
const MAX_LENGTH = 571
const LEGACY = 'kubernetes.io/legacy-unknown'

/** `example.com/signer`: a domain of two labels or more and one path of subdomain form. */
export function checkSignerName(name: string, at: string, errors: FieldErrors): void {
  if (!name) return errors.required(at)
  if (name === LEGACY) return errors.invalid(at, name, 'the legacy signerName is not allowed via this API version')
  const [domain = '', path, ...rest] = name.split('/')
  if (path === undefined || rest.length > 0) return errors.invalid(at, name, FORM)
  for (const problem of dns1123SubdomainErrors(domain)) {
    errors.invalid(at, domain, `validating label "${domain}": ${problem}`)
  }
  if (!domain.includes('.'))
    errors.invalid(at, domain, 'should be a domain with at least two segments separated by dots')
  for (const problem of dns1123SubdomainErrors(path)) errors.invalid(at, path, `validating label "${path}": ${problem}`)
  if (name.length > MAX_LENGTH) errors.tooLong(at, MAX_LENGTH)
}
