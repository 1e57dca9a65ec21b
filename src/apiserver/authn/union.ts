import type { AuthenticationResult, Authenticator, Credentials } from './authenticator.ts'
import { asAuthenticated } from './groups.ts'

/**
 * Asks in order; the first that knows the user decides, and adds system:authenticated. Credentials that one refuses may
 * still be good for another (a stranger's certificate beside a good token), so `invalid` only counts when nobody accepts.
 * Answers at once when nobody has to be waited for.
 */
export class UnionAuthenticator implements Authenticator {
  readonly #authenticators: readonly Authenticator[]

  constructor(authenticators: readonly Authenticator[]) {
    this.#authenticators = authenticators
  }

  authenticate(credentials: Credentials): Promise<AuthenticationResult> | AuthenticationResult {
    return this.#ask(0, credentials, [])
  }

  #ask(
    index: number,
    credentials: Credentials,
    refused: readonly string[],
  ): Promise<AuthenticationResult> | AuthenticationResult {
    const authenticator = this.#authenticators[index]
    if (!authenticator)
      return refused.length === 0 ? { kind: 'anonymous' } : { kind: 'invalid', why: refused.join('; ') }
    const next = (result: AuthenticationResult) => {
      if (result.kind === 'user') return { kind: 'user' as const, user: asAuthenticated(result.user) }
      return this.#ask(index + 1, credentials, result.kind === 'invalid' ? [...refused, result.why] : refused)
    }
    const result = authenticator.authenticate(credentials)
    return result instanceof Promise ? result.then(next) : next(result)
  }
}
