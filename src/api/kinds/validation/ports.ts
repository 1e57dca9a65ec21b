import type { IntOrString } from '../../types/meta.v1.ts'
import { choices } from './choices.ts'
import type { At, FieldErrors } from './field-errors.ts'
import { inRange } from './numbers.ts'

export const portProtocols = choices('TCP', 'UDP', 'SCTP')

const MAX_PORT = 65535
const PORT_NAME_MAX = 15
const NAME_CHARACTERS = /^[-a-z0-9]+$/
const LETTER = /[a-z]/

export function checkPortNumber(port: number, at: At, errors: FieldErrors): void {
  if (port < 1 || port > MAX_PORT) errors.invalid(at, port, inRange(1, MAX_PORT))
}

/** What is wrong with a port's name (an IANA service name, RFC 6335 §5.1); empty when nothing is. */
export function portNameErrors(name: string): string[] {
  const problems: string[] = []
  if (name.length > PORT_NAME_MAX) problems.push(`must be no more than ${PORT_NAME_MAX} characters`)
  if (!NAME_CHARACTERS.test(name)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!LETTER.test(name)) problems.push('must contain at least one letter (a-z)')
  if (name.includes('--')) problems.push('must not contain consecutive hyphens')
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen')
  return problems
}

/** A number, or the name of a container's port. */
export function checkPortNumberOrName(port: IntOrString | undefined, at: At, errors: FieldErrors): void {
  if (typeof port === 'string') errors.invalidAll(at, port, portNameErrors(port))
  else checkPortNumber(port ?? 0, at, errors)
}
