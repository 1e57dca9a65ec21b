import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { issueCertificate, type Subject, type Usage } from '../apiserver/pki/issue.ts'

/** PEM. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

/** A certificate authority for one test; everything it signs is good for an hour, on loopback. */
export interface TestAuthority {
  readonly ca: string
  issue(subject: Subject, usages: readonly Usage[]): Promise<TestCertificate>
}

const HOUR_MS = 3_600_000

export async function testAuthority(commonName = 'test-ca'): Promise<TestAuthority> {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = { subject: { commonName }, key: own.privateKey }
  const sign = async (subject: Subject, publicKey: KeyObject, usages: readonly Usage[]): Promise<string> => {
    const validity = { notBefore: Date.now() - HOUR_MS, notAfter: Date.now() + HOUR_MS }
    return issueCertificate({ subject, publicKey, usages, hosts: ['127.0.0.1', 'localhost'], ...validity }, issuer)
  }
  return {
    ca: await sign(issuer.subject, own.publicKey, ['ca']),
    async issue(subject, usages) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
      return { cert: await sign(subject, publicKey, usages), key }
    },
  }
}
