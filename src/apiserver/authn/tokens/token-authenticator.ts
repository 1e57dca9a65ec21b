import type { TokenResult } from './service-account-tokens.ts'

/** Who a bearer token stands for, towards any of these audiences (default: the API server). */
export interface TokenAuthenticator {
  authenticate(token: string, audiences?: readonly string[]): Promise<TokenResult>
}

/** Asks in order; the first that knows the token decides. */
export function firstOf(...authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async authenticate(token, audiences) {
      for (const authenticator of authenticators) {
        const result = await authenticator.authenticate(token, audiences)
        if (result.kind !== 'foreign') return result
      }
      return { kind: 'foreign' }
    },
  }
}
