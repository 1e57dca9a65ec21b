import { createHmac } from 'node:crypto'
import type { BootstrapToken } from './bootstrap-token.ts'
import { sameSecret } from './bootstrap-token.ts'

/*
 * How `cluster-info` is signed with bootstrap tokens: a JSON Web Signature (RFC 7515) of the algorithm HS256 in its compact
 * form, whose middle part, the content, is left out (appendix F).
 */

const signature = (header: string, content: string, secret: string): string =>
  createHmac('sha256', secret)
    .update(`${header}.${Buffer.from(content).toString('base64url')}`)
    .digest('base64url')

export function signDetached(content: string, { id, secret }: BootstrapToken): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url')
  return `${header}..${signature(header, content, secret)}`
}

/** Whether the content was signed by somebody who knows the token's secret. */
export function isSignedBy(content: string, signed: string, { id, secret }: BootstrapToken): boolean {
  const [header = '', middle, given = ''] = signed.split('.')
  if (middle !== '') return false
  const { alg, kid } = headerOf(header)
  return alg === 'HS256' && kid === id && sameSecret(given, signature(header, content, secret))
}

function headerOf(text: string): { readonly alg?: unknown; readonly kid?: unknown } {
  try {
    return (JSON.parse(Buffer.from(text, 'base64url').toString()) ?? {}) as object
  } catch {
    return {} // nothing that anybody signed
  }
}
