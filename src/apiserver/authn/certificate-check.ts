import { X509Certificate } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY_USAGE = '2.5.29.37.0'

/** A client certificate that a CA of ours signed; validity in time is checked on every use. */
export interface KnownCertificate {
  readonly certificate: X509Certificate
  readonly notBefore: number
  readonly notAfter: number
}

/**
 * Checks client certificates against one CA: issuer, signature, client usage and time. The expensive part is done once
 * per connection: results are kept for as long as the connection's certificate bytes are.
 */
export class CertificateCheck {
  readonly #authorities: () => readonly X509Certificate[]
  readonly #clock: Clock
  #known = new WeakMap<Uint8Array, KnownCertificate | null>()

  /** `authorities`: PEM bundle of the CA certificates that count, asked when a new certificate is seen. */
  constructor({ authorities, clock }: { authorities: () => string; clock: Clock }) {
    let pem: string | undefined
    let parsed: X509Certificate[] = []
    this.#clock = clock
    this.#authorities = () => {
      const current = authorities()
      if (current !== pem) {
        pem = current
        parsed = splitBundle(current)
        this.#known = new WeakMap()
      }
      return parsed
    }
  }

  /** The certificate if it is good now, why not if ours but unusable now, undefined if no CA here signed it. */
  check(der: Uint8Array): KnownCertificate | { readonly invalid: string } | undefined {
    const authorities = this.#authorities()
    let known = this.#known.get(der)
    if (known === undefined) {
      known = examine(der, authorities)
      this.#known.set(der, known)
    }
    if (known === null) return undefined
    const now = this.#clock.now()
    if (now < known.notBefore || now > known.notAfter) {
      return { invalid: 'x509: certificate has expired or is not yet valid' }
    }
    return known
  }
}

function examine(der: Uint8Array, authorities: readonly X509Certificate[]): KnownCertificate | null {
  const certificate = parse(der)
  if (!certificate || certificate.ca || !forClients(certificate)) return null
  const signed = authorities.some((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey))
  if (!signed) return null
  return { certificate, notBefore: certificate.validFromDate.getTime(), notAfter: certificate.validToDate.getTime() }
}

function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined // not a certificate at all: as good as none of ours
  }
}

/** No extended key usage at all means any usage (RFC 5280, 4.2.1.12). */
function forClients({ keyUsage }: X509Certificate): boolean {
  return keyUsage === undefined || keyUsage.includes(CLIENT_AUTH) || keyUsage.includes(ANY_USAGE)
}

function splitBundle(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}
