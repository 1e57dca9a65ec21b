import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import type { UserInfo } from '../request.ts'
import type { AuthenticationResult, Authenticator, Credentials } from './authenticator.ts'
import { CertificateCheck } from './certificate-check.ts'
import { certificateUser } from './client-certificate.ts'

export const FRONT_PROXY_CLIENT = 'front-proxy-client'
const EXTRA_PREFIX = 'x-remote-extra-'

/**
 * Users named by X-Remote-* headers, believed only over a connection with a certificate that the front-proxy CA issued to
 * the aggregator. Anyone else's headers of that name are ignored.
 */
export class FrontProxyAuthenticator implements Authenticator {
  readonly #check: CertificateCheck

  constructor(deps: { authorities: () => string; clock: Clock }) {
    this.#check = new CertificateCheck(deps)
  }

  authenticate({ certificate, headers }: Credentials): AuthenticationResult {
    const name = headerValue(headers, 'x-remote-user')
    if (!certificate || !name) return { kind: 'anonymous' }
    const checked = this.#check.check(certificate.der)
    if (checked === undefined) return { kind: 'anonymous' }
    if ('invalid' in checked) return { kind: 'invalid', why: checked.invalid }
    if (certificateUser(checked.certificate).name !== FRONT_PROXY_CLIENT) {
      return { kind: 'invalid', why: 'x509: subject with that common name is not allowed' }
    }
    return { kind: 'user', user: remoteUser(name, headers) }
  }
}

function remoteUser(name: string, headers: IncomingHttpHeaders): UserInfo {
  const uid = headerValue(headers, 'x-remote-uid')
  const extra = headerExtra(headers, EXTRA_PREFIX)
  return {
    name,
    groups: headerValues(headers, 'x-remote-group'),
    ...(uid && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

/** Headers `<prefix>KEY: value` as extra fields; keys are lower case, with what headers cannot hold percent-encoded. */
export function headerExtra(headers: IncomingHttpHeaders, prefix: string): Record<string, string[]> {
  const extra: Record<string, string[]> = {}
  for (const header of Object.keys(headers)) {
    if (header.startsWith(prefix)) extra[unescapeKey(header.slice(prefix.length))] = headerValues(headers, header)
  }
  return extra
}

/**
 * All values of a header. Node joins repeated headers of these names with `, `; names of users and groups that hold a
 * comma and a space therefore need the raw form, which callers give as a list.
 */
export function headerValues(headers: IncomingHttpHeaders, name: string): string[] {
  const value = headers[name]
  if (value === undefined) return []
  return Array.isArray(value) ? value : value.split(', ')
}

/** The value of a header that may come once only; a second one makes a name that nobody has. */
export function headerValue(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key // not percent-encoded: taken as it is, as upstream does
  }
}
