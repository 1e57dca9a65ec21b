import type { Name } from '@peculiar/x509'
import { parseCertificateRequest } from '../../base/certificate-request.ts'
import { x509Library } from '../../base/x509.ts'

/** A name beside the subject, as the X.509 library names its types: `dns`, `ip`, `email`, `url`… */
export interface AlternativeName {
  readonly type: string
  readonly value: string
}

/** What a PKCS #10 request asks to have certified. */
export interface RequestContent {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly names: readonly AlternativeName[]
  /** The subject, in the encoding that was asked for. */
  readonly subject: Name
  /** The public key: SubjectPublicKeyInfo, DER. */
  readonly publicKey: ArrayBuffer
}

/** Reads `spec.request` of a CertificateSigningRequest: PEM in base64. Throws an Error that says what is wrong with it. */
export async function requestContent(base64: string): Promise<RequestContent> {
  const request = await parseCertificateRequest(Buffer.from(base64, 'base64').toString('latin1'))
  const { SubjectAlternativeNameExtension } = await x509Library()
  const alternatives = request.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension)
  return {
    commonName: request.subjectName.getField('CN')[0] ?? '',
    organizations: request.subjectName.getField('O'),
    names: (alternatives?.names.items ?? []).map(({ type, value }) => ({ type, value })),
    subject: request.subjectName,
    publicKey: request.publicKey.rawData,
  }
}
