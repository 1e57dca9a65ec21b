import type { At, FieldErrors } from './field-errors.ts'
import { dns1123SubdomainErrors } from './name-rules.ts'

const PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/

/** A name that belongs to a domain: `acme.io/foo`. */
export function checkDomainPrefixedPath(value: string, at: At, errors: FieldErrors): void {
  if (value === '') return errors.required(at)
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) {
    return errors.invalid(at, value, 'must be a domain-prefixed path (such as "acme.io/foo")')
  }
  const domain = value.slice(0, slash)
  errors.invalidAll(at, domain, dns1123SubdomainErrors(domain))
  const path = value.slice(slash + 1)
  if (PATH.test(path)) return
  const format = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
  errors.invalid(at, path, `Invalid path (e.g. 'acme.io/foo', regex used for validation is '${format}')`)
}
