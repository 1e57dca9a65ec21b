import type { Pkcs10CertificateRequest } from '@peculiar/x509'
import { x509Library } from './x509.ts'

/**
 * Reads a request for a certificate (PKCS #10), which the first PEM block has to hold. Its signature is not checked.
 * Throws an Error, in upstream's words where the block is another (pkg/apis/certificates ParseCSR).
 */
export async function parseCertificateRequest(pem: string): Promise<Pkcs10CertificateRequest> {
  const { PemConverter, Pkcs10CertificateRequest } = await x509Library()
  const [block] = PemConverter.decodeWithHeaders(pem)
  if (block?.type !== PemConverter.CertificateRequestTag) {
    throw new Error('PEM block type must be CERTIFICATE REQUEST')
  }
  return new Pkcs10CertificateRequest(block.rawData)
}
