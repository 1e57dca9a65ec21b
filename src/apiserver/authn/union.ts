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
    return this.#ask(0, credentials, NONE)
  }

  #ask(
    index: number,
    credentials: Credentials,
    refused: readonly string[],
  ): Promise<AuthenticationResult> | AuthenticationResult {
    let why = refused
    for (let at = index; at < this.#authenticators.length; at++) {
      const result = (this.#authenticators[at] as Authenticator).authenticate(credentials)
      if (result instanceof Promise) return result.then((known) => this.#goOn(known, at + 1, credentials, why))
      if (result.kind === 'user') return { kind: 'user', user: asAuthenticated(result.user) }
      if (result.kind === 'invalid') why = [...why, result.why]
    }
    return why.length === 0 ? { kind: 'anonymous' } : { kind: 'invalid', why: why.join('; ') }
  }

  /** After one that had to be waited for. */
  #goOn(result: AuthenticationResult, next: number, credentials: Credentials, refused: readonly string[]) {
    if (result.kind === 'user') return { kind: 'user' as const, user: asAuthenticated(result.user) }
    return this.#ask(next, credentials, result.kind === 'invalid' ? [...refused, result.why] : refused)
  }
}

const NONE: readonly string[] = []
