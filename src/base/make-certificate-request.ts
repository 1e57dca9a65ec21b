import { generateKeyPairSync } from 'node:crypto'
import type { JsonGeneralNames, JsonNameParams } from '@peculiar/x509'
import { x509Library } from './x509.ts'

export interface RequestSubject {
  readonly commonName: string
  readonly organizations?: readonly string[]
  /** IP addresses that the certificate is to be good for. */
  readonly addresses?: readonly string[]
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' }

/** A new key and a request for its certificate (PKCS #10), both PEM. */
export async function makeCertificateRequest({
  commonName,
  organizations = [],
  addresses = [],
}: RequestSubject): Promise<{ readonly key: string; readonly request: string }> {
  const { Name, Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } = await x509Library()
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name: JsonNameParams = [...organizations.map((O) => ({ O: [O] })), { CN: [commonName] }]
  const names: JsonGeneralNames = addresses.map((value) => ({ type: 'ip', value }))
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name(name),
    keys: {
      privateKey: privateKey.toCryptoKey(CURVE, false, ['sign']),
      publicKey: publicKey.toCryptoKey(CURVE, true, ['verify']),
    },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  })
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, request: request.toString('pem') }
}
