import type { TokenRequest } from '../../api/types/authentication.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** A request as it is sent: its status is the answer. */
export type TokenAsk = Omit<TokenRequest, 'status'>

export interface Token {
  readonly value: string
  /** When a new one is to be had, in ms since the epoch. */
  readonly refreshAt: number
}

export interface TokenWish {
  readonly audience: string | undefined
  readonly expirationSeconds: number
}

type Issue = (
  account: { namespace: string; name: string },
  request: TokenAsk,
  signal: AbortSignal,
) => Promise<DeepReadonly<TokenRequest>>

const DAY_MS = 86_400_000
const MAX_TOKENS = 5000

/**
 * Tokens bound to pods. One is kept until four fifths of its life are over or it is a day old (upstream: token manager); a
 * mount within that time costs no request. Bounded: the oldest make room.
 */
export class TokenCache {
  readonly #tokens = new Map<string, Token>()
  readonly #clock: Clock
  readonly #issue: Issue

  constructor(clock: Clock, issue: Issue) {
    this.#clock = clock
    this.#issue = issue
  }

  async get(pod: DeepReadonly<Pod>, wish: TokenWish, signal: AbortSignal): Promise<Token> {
    const key = `${pod.metadata.uid}/${wish.audience ?? ''}/${wish.expirationSeconds}`
    const present = this.#tokens.get(key)
    if (present && present.refreshAt > this.#clock.now()) return present
    const token = await this.#request(pod, wish, signal)
    this.#tokens.delete(key)
    this.#tokens.set(key, token)
    if (this.#tokens.size > MAX_TOKENS) this.#tokens.delete(this.#tokens.keys().next().value as string)
    return token
  }

  async #request(
    { metadata, spec }: DeepReadonly<Pod>,
    { audience, expirationSeconds }: TokenWish,
    signal: AbortSignal,
  ): Promise<Token> {
    const requestedAt = this.#clock.now()
    const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: metadata.name, uid: metadata.uid }
    const request: TokenAsk = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { namespace: metadata.namespace }, // the server names it after the account
      spec: { audiences: audience ? [audience] : [], expirationSeconds, boundObjectRef },
    }
    const account = { namespace: metadata.namespace, name: spec.serviceAccountName || 'default' }
    const { status } = await this.#issue(account, request, signal)
    if (!status.token || !status.expirationTimestamp) throw new Error('the server issued no token')
    const lifeMs = Date.parse(status.expirationTimestamp) - requestedAt
    return { value: status.token, refreshAt: requestedAt + Math.min(lifeMs * 0.8, DAY_MS) }
  }
}
