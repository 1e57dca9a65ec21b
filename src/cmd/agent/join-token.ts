import { createHash, X509Certificate } from 'node:crypto'
import { type BootstrapToken, parseBootstrapToken } from '../../api/bootstrap-token.ts'

/** What a node joins with: a bootstrap token, and by what it recognises the cluster's authority. */
export interface JoinToken {
  readonly token: BootstrapToken
  /** As `authorityHash` gives them; one of them has to be the authority's. */
  readonly authorityHashes: readonly string[]
}

const HASH = /^sha256:[0-9a-f]{64}$/

/** How kubeadm names authorities: `sha256:` and the hash of the public key (SubjectPublicKeyInfo, DER), in hexadecimal. */
export function authorityHash(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

export const isAuthorityHash = (text: string): boolean => HASH.test(text)

/** `sha256:…::id.secret`, in one line. */
export function joinTokenText({ id, secret }: BootstrapToken, hash: string): string {
  return `${hash}::${id}.${secret}`
}

/** Reads a join token, or a bootstrap token alone; undefined for what is neither. */
export function parseJoinToken(text: string): JoinToken | undefined {
  const parts = text.trim().split('::')
  const token = parseBootstrapToken(parts.at(-1) ?? '')
  const hashes = parts.slice(0, -1)
  return token && parts.length <= 2 && hashes.every(isAuthorityHash) ? { token, authorityHashes: hashes } : undefined
}
