import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { WindowsSecurityContextOptions } from '../../../types/core.v1.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { dns1123SubdomainErrors } from '../../validation/name-rules.ts'

const MAX_CREDENTIAL_SPEC_KIB = 64
const MAX_DOMAIN = 256
const MAX_USER = 104
const NET_BIOS_DOMAIN = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const DNS_DOMAIN = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`)
const CONTROL_CHARACTERS = /[\x00-\x1f\x7f]/
const ONLY_DOTS_OR_SPACES = /^[. ]+$/
const FORBIDDEN_IN_USER = /["/\\:;|=,+*?<>@[\]]/

/** Settings for containers on Windows nodes. */
export function checkWindowsOptions(
  options: DeepReadonly<WindowsSecurityContextOptions> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!options) return
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: content, runAsUserName } = options
  if (name !== undefined) errors.invalidAll(at.child('gmsaCredentialSpecName'), name, dns1123SubdomainErrors(name))
  if (content === '') errors.invalid(at.child('gmsaCredentialSpec'), '', 'gmsaCredentialSpec cannot be an empty string')
  else if (content !== undefined && Buffer.byteLength(content) > MAX_CREDENTIAL_SPEC_KIB * 1024) {
    const problem = `gmsaCredentialSpec size must be under ${MAX_CREDENTIAL_SPEC_KIB} KiB`
    errors.invalid(at.child('gmsaCredentialSpec'), content, problem)
  }
  if (runAsUserName !== undefined) {
    errors.invalidAll(at.child('runAsUserName'), runAsUserName, userNameErrors(runAsUserName))
  }
}

/** `user` or `DOMAIN\user`, by Active Directory's naming rules. */
function userNameErrors(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (CONTROL_CHARACTERS.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const user = parts.at(-1) as string
  return [...(parts.length === 2 ? domainErrors(parts[0] as string) : []), ...userErrors(user)]
}

function domainErrors(domain: string): string[] {
  const problems: string[] = []
  if (domain.length >= MAX_DOMAIN) problems.push(`runAsUserName's Domain length must be under ${MAX_DOMAIN} characters`)
  if (!NET_BIOS_DOMAIN.test(domain) && !DNS_DOMAIN.test(domain)) {
    problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  }
  return problems
}

function userErrors(user: string): string[] {
  const problems: string[] = []
  if (user === '') problems.push("runAsUserName's User cannot be empty")
  else if (user.length > MAX_USER) {
    problems.push(`runAsUserName's User length must not be longer than ${MAX_USER} characters`)
  }
  if (ONLY_DOTS_OR_SPACES.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces")
  if (FORBIDDEN_IN_USER.test(user)) {
    problems.push(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`)
  }
  return problems
}
