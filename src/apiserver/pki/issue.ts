import type { KeyObject } from 'node:crypto'
import { createHash, createPublicKey } from 'node:crypto'
import { isIP, isIPv6 } from 'node:net'
import type { Extension, Name } from '@peculiar/x509'
import { x509Library } from '../../base/x509.ts'

type Library = Awaited<ReturnType<typeof x509Library>>

export interface Subject {
  readonly commonName: string
  readonly organizations?: readonly string[]
}

export type Usage = 'ca' | 'server' | 'client'

export interface CertificateRequest {
  readonly subject: Subject
  readonly publicKey: KeyObject
  readonly usages: readonly Usage[]
  /** DNS names and IP addresses. */
  readonly hosts?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

/** Who signs: a CA's name and P-256 key. For a CA's own certificate, itself. */
export interface Issuer {
  readonly subject: Subject
  readonly key: KeyObject
}

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' }

/** An X.509 v3 certificate (RFC 5280) with a random serial number, signed with ECDSA and SHA-256, as PEM. */
export async function issueCertificate(request: CertificateRequest, issuer: Issuer): Promise<string> {
  const library = await x509Library()
  const certificate = await library.X509CertificateGenerator.create({
    subject: nameOf(library, request.subject),
    issuer: nameOf(library, issuer.subject),
    notBefore: new Date(request.notBefore),
    notAfter: new Date(request.notAfter),
    publicKey: request.publicKey.export({ type: 'spki', format: 'der' }),
    signingKey: issuer.key.toCryptoKey(KEY_ALGORITHM, false, ['sign']),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: extensions(library, request, issuer),
  })
  return `${certificate.toString('pem')}\n`
}

function extensions(
  library: Library,
  { usages, publicKey, hosts = [] }: CertificateRequest,
  issuer: Issuer,
): Extension[] {
  const { KeyUsageFlags: Flag, ExtendedKeyUsage } = library
  const purposes = { server: ExtendedKeyUsage.serverAuth, client: ExtendedKeyUsage.clientAuth }
  const extended = usages.flatMap((usage) => (usage === 'ca' ? [] : [purposes[usage]]))
  const isCa = usages.includes('ca')
  const flags = Flag.digitalSignature | Flag.keyEncipherment | (isCa ? Flag.keyCertSign : 0)
  return [
    new library.KeyUsagesExtension(flags, true),
    new library.BasicConstraintsExtension(isCa, undefined, true),
    ...(extended.length > 0 ? [new library.ExtendedKeyUsageExtension(extended)] : []),
    new library.SubjectKeyIdentifierExtension(keyId(publicKey)),
    new library.AuthorityKeyIdentifierExtension(keyId(createPublicKey(issuer.key))),
    ...(hosts.length > 0 ? [new library.SubjectAlternativeNameExtension(hosts.map(generalName))] : []),
  ]
}

/**
 * Always UTF8String: left to itself the library chooses a string type by the letters, and Go's verifier finds an issuer
 * by the bytes of its name, which a renewal must therefore not change.
 */
function nameOf(library: Library, { commonName, organizations = [] }: Subject): Name {
  const groups = organizations.map((utf8String) => ({ O: [{ utf8String }] }))
  return new library.Name([...groups, { CN: [{ utf8String: commonName }] }])
}

function generalName(host: string): { type: 'dns' | 'ip'; value: string } {
  if (isIP(host) === 0) return { type: 'dns', value: host }
  return { type: 'ip', value: isIPv6(host) ? canonicalAddress(host) : host }
}

/** Hexadecimal groups alone: the library does not read an IPv4 address at the end of an IPv6 one. */
const canonicalAddress = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1)

/**
 * RFC 5280, 4.2.1.2 leaves the method open: the first 20 bytes of the key's SHA-256, hexadecimal. Stored certificates
 * name their authority so.
 */
function keyId(key: KeyObject): string {
  const spki = key.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('hex').slice(0, 40)
}
