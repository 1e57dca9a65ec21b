import type { KeyObject } from 'node:crypto'
import { createHash, createPublicKey, randomBytes, sign } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import * as der from './der.ts'

const Oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const

const ExtendedUsage = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const

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

/** An X.509 v3 certificate (RFC 5280), signed with ECDSA and SHA-256, as PEM. */
export function issueCertificate(request: CertificateRequest, issuer: Issuer): string {
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(serialNumber()),
    signatureAlgorithm(),
    nameOf(issuer.subject),
    der.sequence(der.time(request.notBefore), der.time(request.notAfter)),
    nameOf(request.subject),
    spki(request.publicKey),
    der.explicit(3, der.sequence(...extensions(request, issuer))),
  )
  const signature = sign('sha256', toBeSigned, issuer.key)
  return pem('CERTIFICATE', der.sequence(toBeSigned, signatureAlgorithm(), der.bitString(signature)))
}

function extensions({ usages, publicKey, hosts = [] }: CertificateRequest, issuer: Issuer): der.Der[] {
  const isCa = usages.includes('ca')
  const purposes = usages.filter((usage) => usage !== 'ca').map((usage) => der.objectIdentifier(ExtendedUsage[usage]))
  return [
    extension(Oid.keyUsage, isCa ? der.bitString(Buffer.from([0xa4]), 2) : der.bitString(Buffer.from([0xa0]), 5), true),
    extension(Oid.basicConstraints, isCa ? der.sequence(der.boolean(true)) : der.sequence(), true),
    ...(purposes.length > 0 ? [extension(Oid.extendedKeyUsage, der.sequence(...purposes))] : []),
    extension(Oid.subjectKeyId, der.octetString(keyId(publicKey))),
    extension(Oid.authorityKeyId, der.sequence(der.implicit(0, keyId(createPublicKey(issuer.key))))),
    ...(hosts.length > 0 ? [extension(Oid.subjectAltName, der.sequence(...hosts.map(generalName)))] : []),
  ]
}

function extension(oid: string, value: der.Der, critical = false): der.Der {
  const flag = critical ? [der.boolean(true)] : []
  return der.sequence(der.objectIdentifier(oid), ...flag, der.octetString(value))
}

function nameOf({ commonName, organizations = [] }: Subject): der.Der {
  const attribute = (oid: string, value: string) =>
    der.set(der.sequence(der.objectIdentifier(oid), der.utf8String(value)))
  return der.sequence(
    ...organizations.map((organization) => attribute(Oid.organization, organization)),
    attribute(Oid.commonName, commonName),
  )
}

function generalName(host: string): der.Der {
  const address = addressBytes(host)
  return address ? der.implicit(7, address) : der.implicit(2, Buffer.from(host, 'latin1'))
}

/** The 4 or 16 bytes of an IP address; undefined for a name. */
function addressBytes(host: string): Buffer | undefined {
  if (isIPv4(host)) return Buffer.from(host.split('.').map(Number))
  if (!isIPv6(host)) return undefined
  const [, canonical = ''] = /^\[(.*)\]$/.exec(new URL(`http://[${host}]`).hostname) ?? []
  const [head = '', tail] = canonical.split('::')
  const groups = (part: string | undefined) => (part ? part.split(':') : [])
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail)]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** 159 random bits: positive, and unique without a register of what was issued. */
function serialNumber(): Buffer {
  const bytes = randomBytes(20)
  bytes[0] = (bytes[0] as number) & 0x7f
  return bytes
}

const signatureAlgorithm = (): der.Der => der.sequence(der.objectIdentifier(Oid.ecdsaWithSha256))
const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })
/** RFC 5280, 4.2.1.2 leaves the method open: the first 20 bytes of the key's SHA-256. */
const keyId = (key: KeyObject): Buffer => createHash('sha256').update(spki(key)).digest().subarray(0, 20)

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
