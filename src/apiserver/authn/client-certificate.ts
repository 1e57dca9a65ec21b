import type { X509Certificate } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { UserInfo } from '../request.ts'
import type { AuthenticationResult, Authenticator, Credentials } from './authenticator.ts'
import { CertificateCheck } from './certificate-check.ts'

/** Users by client certificates of the cluster CA: CN is the name, each O a group. */
export class ClientCertificateAuthenticator implements Authenticator {
  readonly #check: CertificateCheck
  readonly #users = new WeakMap<X509Certificate, UserInfo>()

  constructor(deps: { authorities: () => string; clock: Clock }) {
    this.#check = new CertificateCheck(deps)
  }

  authenticate({ certificate }: Credentials): AuthenticationResult {
    if (!certificate) return { kind: 'anonymous' }
    const checked = this.#check.check(certificate.der)
    if (checked === undefined) return { kind: 'invalid', why: 'x509: certificate signed by unknown authority' }
    if ('invalid' in checked) return { kind: 'invalid', why: checked.invalid }
    const user = this.#userOf(checked.certificate)
    return user.name === '' ? { kind: 'anonymous' } : { kind: 'user', user }
  }

  #userOf(certificate: X509Certificate): UserInfo {
    let user = this.#users.get(certificate)
    if (!user) {
      user = certificateUser(certificate)
      this.#users.set(certificate, user)
    }
    return user
  }
}

/** Of several common names the last counts, as in Go. The fingerprint names the credential (KEP-4193). */
export function certificateUser(certificate: X509Certificate): UserInfo {
  const { CN, O } = certificate.toLegacyObject().subject as { CN?: string | string[]; O?: string | string[] }
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
  return {
    name: listOf(CN).at(-1) ?? '',
    groups: listOf(O),
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  }
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}
