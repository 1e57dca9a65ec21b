import type { AuthenticationResult, Authenticator, Credentials } from './authenticator.ts'
import { asAuthenticated } from './groups.ts'

/**
 * Asks in order; the first that knows the user decides, and adds system:authenticated. Credentials that one refuses may
 * still be good for another (a stranger's certificate beside a good token), so `invalid` only counts when nobody accepts.
 */
export class UnionAuthenticator implements Authenticator {
  readonly #authenticators: readonly Authenticator[]

  constructor(authenticators: readonly Authenticator[]) {
    this.#authenticators = authenticators
  }

  async authenticate(credentials: Credentials, signal: AbortSignal): Promise<AuthenticationResult> {
    const refused: string[] = []
    for (const authenticator of this.#authenticators) {
      const result = await authenticator.authenticate(credentials, signal)
      if (result.kind === 'user') return { kind: 'user', user: asAuthenticated(result.user) }
      if (result.kind === 'invalid') refused.push(result.why)
    }
    return refused.length === 0 ? { kind: 'anonymous' } : { kind: 'invalid', why: refused.join('; ') }
  }
}
