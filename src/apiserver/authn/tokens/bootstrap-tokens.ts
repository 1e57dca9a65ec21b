import {
  expiryOf,
  groupsOf,
  parseBootstrapToken,
  sameSecret,
  servesFor,
  TOKEN_NAMESPACE,
  tokenOf,
  tokenSecretName,
} from '../../../api/bootstrap-token.ts'
import type { Secret } from '../../../api/types/core.v1.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Lister } from '../../../client/informer.ts'
import { ISSUER } from './claims.ts'
import type { TokenResult } from './service-account-tokens.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'

export interface BootstrapTokenDeps {
  readonly secrets: Pick<Lister<Secret>, 'get'>
  readonly clock: Clock
}

/**
 * Users by bootstrap tokens, `system:bootstrap:<id>`: who comes with one may ask for a node's certificate and little else.
 * What is wrong with a token is not told. Upstream: plugin/pkg/auth/authenticator/token/bootstrap.
 */
export class BootstrapTokens implements TokenAuthenticator {
  readonly #deps: BootstrapTokenDeps

  constructor(deps: BootstrapTokenDeps) {
    this.#deps = deps
  }

  async authenticate(text: string, audiences: readonly string[] = [ISSUER]): Promise<TokenResult> {
    const given = parseBootstrapToken(text)
    const granted = audiences.filter((audience) => audience === ISSUER)
    if (!given || granted.length === 0) return { kind: 'foreign' }
    const secret = this.#deps.secrets.get({ namespace: TOKEN_NAMESPACE, name: tokenSecretName(given.id) })
    if (!secret || secret.metadata.deletionTimestamp) return { kind: 'foreign' }
    const known = tokenOf(secret)
    if (!known || !sameSecret(known.secret, given.secret)) return { kind: 'foreign' }
    const groups = groupsOf(secret)
    const isGood = expiryOf(secret) > this.#deps.clock.now() && servesFor(secret, 'authentication')
    if (!isGood || !groups) return { kind: 'foreign' }
    return { kind: 'user', user: { name: `system:bootstrap:${given.id}`, groups }, audiences: granted }
  }
}
