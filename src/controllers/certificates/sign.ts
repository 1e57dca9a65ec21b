import { createPrivateKey } from 'node:crypto'
import type { Extension, JsonGeneralName } from '@peculiar/x509'
import { x509Library } from '../../base/x509.ts'
import type { RequestContent } from './request-content.ts'

type Library = Awaited<ReturnType<typeof x509Library>>

/** The authority that signs: PEM, the key of the curve P-256. */
export interface SigningAuthority {
  readonly cert: string
  readonly key: string
}

export interface SigningTerms {
  /** Usages as CertificateSigningRequests name them. */
  readonly usages: readonly string[]
  /** When it is signed, in ms since the epoch, and for how long. */
  readonly nowMs: number
  readonly durationMs: number
}

const BACKDATE_MS = 5 * 60_000
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' }

/** A certificate for what was asked, no longer good than its authority: PEM. Upstream: PermissiveSigningPolicy. */
export async function sign(
  request: RequestContent,
  authority: SigningAuthority,
  { usages, nowMs, durationMs }: SigningTerms,
): Promise<string> {
  const library = await x509Library()
  const issuer = new library.X509Certificate(authority.cert)
  const key = createPrivateKey(authority.key)
  const certificate = await library.X509CertificateGenerator.create({
    subject: request.subject,
    issuer: issuer.subjectName,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(Math.min(nowMs + durationMs, issuer.notAfter.getTime())),
    publicKey: request.publicKey,
    signingKey: key.toCryptoKey(CURVE, false, ['sign']),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: extensions(library, request, authority, usages),
  })
  return `${certificate.toString('pem')}\n`
}

function extensions(
  library: Library,
  { names }: RequestContent,
  authority: SigningAuthority,
  usages: readonly string[],
) {
  const { KeyUsageFlags: Flag } = library
  const flags = usages.reduce((sum, usage) => sum | (Flag[KEY_USAGES[usage] as keyof typeof Flag] ?? 0), 0)
  const purposes = usages.flatMap((usage) => PURPOSES[usage] ?? [])
  return [
    ...(flags === 0 ? [] : [new library.KeyUsagesExtension(flags, true)]),
    ...(purposes.length > 0 ? [new library.ExtendedKeyUsageExtension(purposes)] : []),
    new library.BasicConstraintsExtension(false, undefined, true),
    ...authorityKey(library, authority),
    ...(names.length > 0 ? [new library.SubjectAlternativeNameExtension(names as JsonGeneralName[])] : []),
  ]
}

/** As the authority's own certificate names its key; left out where it does not. */
function authorityKey(library: Library, { cert }: SigningAuthority): Extension[] {
  const { extensions: own } = new library.X509Certificate(cert)
  const named = own.find((extension) => extension instanceof library.SubjectKeyIdentifierExtension)
  return named ? [new library.AuthorityKeyIdentifierExtension(named.keyId)] : []
}

/** certificates.k8s.io usages by the names of RFC 5280's key usage bits. */
const KEY_USAGES: Readonly<Record<string, string>> = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'nonRepudiation',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'cert sign': 'keyCertSign',
  'crl sign': 'cRLSign',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
}

/** Object identifiers of extended key usages. */
const PURPOSES: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
}
