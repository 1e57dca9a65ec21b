import type { IncomingHttpHeaders } from 'node:http'
import type { UserInfo } from '../request.ts'

/** What authentication looks at. */
export interface Credentials {
  readonly headers: IncomingHttpHeaders
  /** The client's certificate if TLS verified it against a CA of ours: raw DER, and which CA it was. */
  readonly certificate?: { readonly der: Uint8Array; readonly authorized: boolean }
}

/**
 * Finds out who asks. `anonymous`: no credentials were given; `invalid`: some were given and none is good (401).
 * Several are asked in order until one knows the user; see UnionAuthenticator.
 */
export interface Authenticator {
  authenticate(credentials: Credentials): Promise<AuthenticationResult> | AuthenticationResult
}

export type AuthenticationResult =
  | { readonly kind: 'user'; readonly user: UserInfo }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'invalid'; readonly why: string }
