import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { PkiFiles } from './files.ts'
import type { AuthorityName } from './inventory.ts'
import { AUTHORITIES } from './inventory.ts'
import type { Issuer } from './issue.ts'
import { issueCertificate } from './issue.ts'
import { loadOrMakeKey } from './keys.ts'
import { BACKDATE_MS, renewalTime } from './validity.ts'

const LIFE_MS = 10 * 365 * 24 * 3600 * 1000

/** A CA: who signs, and its own certificate (PEM). */
export interface Authority extends Issuer {
  readonly cert: string
}

/**
 * The CA on disk; made when there is none. Its certificate is renewed for the same name and key when it nears its end, so
 * what the old one signed stays good. Throws, naming the file, when the key is lost or another's.
 */
export async function loadOrIssueAuthority(name: AuthorityName, files: PkiFiles, clock: Clock): Promise<Authority> {
  const stored = files.read(`${name}.crt`)
  if (stored) refuseLostKey(name, files)
  const key = createPrivateKey(loadOrMakeKey(files, name))
  const certificate = stored && new X509Certificate(stored)
  if (certificate && !certificate.checkPrivateKey(key)) {
    throw new Error(`${files.path(`${name}.key`)} does not belong to ${name}.crt`)
  }
  const fresh = certificate && clock.now() < renewalTime(certificate)
  return { subject: AUTHORITIES[name], key, cert: fresh ? stored : await issue(name, key, files, clock) }
}

function refuseLostKey(name: AuthorityName, files: PkiFiles): void {
  if (files.read(`${name}.key`)) return
  const what = `${files.path(`${name}.key`)} is missing, but ${name}.crt and what it signed are there`
  throw new Error(`${what}: restore the key, or delete ${files.directory} to give the cluster new certificates`)
}

async function issue(name: AuthorityName, key: KeyObject, files: PkiFiles, clock: Clock): Promise<string> {
  const subject = AUTHORITIES[name]
  const [notBefore, notAfter] = [clock.now() - BACKDATE_MS, clock.now() + LIFE_MS]
  const request = { subject, publicKey: createPublicKey(key), usages: ['ca' as const], notBefore, notAfter }
  const cert = await issueCertificate(request, { subject, key })
  files.write(`${name}.crt`, cert)
  return cert
}
