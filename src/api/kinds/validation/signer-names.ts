import type { At, FieldErrors } from './field-errors.ts'
import { dns1123SubdomainErrors } from './name-rules.ts'

const MAX_DOMAIN = 253
/** Room for a namespace and a name, with the dot between. */
const MAX_PATH = 63 + 253 + 1
const PATH_SEGMENT = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** `example.com/signer-name`: a domain and a path of one or more DNS-1123 labels. */
export function checkSignerName(name: string, at: At, errors: FieldErrors): void {
  if (!name) return errors.required(at)
  const segments = name.split('/')
  if (segments.length !== 2) {
    return errors.invalid(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")
  }
  const [domain = '', path = ''] = segments
  errors.invalidAll(at, domain, dns1123SubdomainErrors(domain))
  if (!domain.includes('.'))
    errors.invalid(at, domain, 'should be a domain with at least two segments separated by dots')
  errors.invalidAll(at, path, pathErrors(path))
  if (name.length > MAX_DOMAIN + MAX_PATH + 1) errors.tooLong(at, MAX_DOMAIN + MAX_PATH + 1)
}

function pathErrors(path: string): string[] {
  const malformed = path.split('.').filter((label) => !PATH_SEGMENT.test(label) || label.length > 63)
  return malformed.length > 0 ? dns1123SubdomainErrors(path).slice() : []
}
