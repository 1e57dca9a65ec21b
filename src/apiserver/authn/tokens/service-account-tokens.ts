import type { Node, Pod, Secret, ServiceAccount } from '../../../api/types/core.v1.ts'
import type { Clock } from '../../../base/clock.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Lister } from '../../../client/informer.ts'
import { goListText } from '../../authz/go-list-text.ts'
import type { UserInfo } from '../../request.ts'
import { serviceAccountGroups, serviceAccountUser } from '../service-account-name.ts'
import { BoundedCache } from './bounded-cache.ts'
import type { BoundClaims, LegacyClaims, ObjectClaim } from './claims.ts'
import { ISSUER, LEGACY_ISSUER, readBoundClaims, readLegacyClaims } from './claims.ts'
import type { SigningKey } from './signing-key.ts'
import { verifySignature } from './verify-signature.ts'

export interface TokenDeps {
  /** The key that signs now, first, and those whose tokens are still good. */
  readonly keys: readonly SigningKey[]
  readonly serviceAccounts: Pick<Lister<ServiceAccount>, 'get'>
  readonly pods: Pick<Lister<Pod>, 'get'>
  readonly secrets: Pick<Lister<Secret>, 'get'>
  readonly nodes: Pick<Lister<Node>, 'get'>
  readonly clock: Clock
}

/** `foreign`: not a token of this issuer, so somebody else may know it. */
export type TokenResult =
  | { readonly kind: 'user'; readonly user: UserInfo; readonly audiences: readonly string[] }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'invalid'; readonly why: string }

type Verified =
  | { readonly form: 'bound'; readonly claims: BoundClaims }
  | { readonly form: 'legacy'; readonly claims: LegacyClaims }

const CACHED_TOKENS = 4096
/** Clocks of issuer and verifier may differ by this much, and deleted objects' tokens live on this long. */
const LEEWAY_SECONDS = 60
const INVALIDATED = 'service account token has been invalidated'
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'

/**
 * Verifies service account tokens. Only signatures are cached (by token, bounded); time, audience and the objects that a
 * token is bound to are checked on every use, so deleting a pod, secret, node or account ends its tokens at once.
 */
export class ServiceAccountTokens {
  readonly #deps: TokenDeps
  readonly #signatures = new BoundedCache<Verified>(CACHED_TOKENS)

  constructor(deps: TokenDeps) {
    this.#deps = deps
  }

  /** Who a token stands for, towards any of these audiences (default: the API server). */
  async authenticate(token: string, audiences: readonly string[] = [ISSUER]): Promise<TokenResult> {
    const verified = await this.#verified(token)
    if (!verified) return { kind: 'foreign' }
    return verified.form === 'bound'
      ? this.#checkBound(verified.claims, audiences)
      : this.#checkLegacy(verified.claims, token, audiences)
  }

  async #verified(token: string): Promise<Verified | undefined> {
    const cached = this.#signatures.get(token)
    if (cached) return cached
    const payload = await verifySignature(token, this.#deps.keys)
    const verified = payload && interpret(payload)
    if (verified) this.#signatures.set(token, verified)
    return verified
  }

  #checkBound(claims: BoundClaims, wanted: readonly string[]): TokenResult {
    const audiences = wanted.filter((audience) => claims.aud.includes(audience))
    if (audiences.length === 0) return wrongAudience(claims.aud, wanted)
    const why = this.#timeProblem(claims) ?? this.#bindingProblem(claims)
    if (why !== undefined) return { kind: 'invalid', why }
    return { kind: 'user', user: boundUser(claims), audiences }
  }

  #timeProblem({ exp, nbf }: BoundClaims): string | undefined {
    const now = this.#deps.clock.now() / 1000
    if (now > exp + LEEWAY_SECONDS) return 'service account token has expired'
    return now < nbf - LEEWAY_SECONDS ? 'service account token is not valid yet' : undefined
  }

  #bindingProblem(claims: BoundClaims): string | undefined {
    const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io']
    const { serviceAccounts, pods, secrets, nodes } = this.#deps
    if (claims.sub !== serviceAccountUser({ namespace, name: serviceaccount.name })) {
      return 'service account token claims could not be validated'
    }
    return (
      this.#gone('service account', serviceaccount, serviceAccounts.get({ namespace, name: serviceaccount.name })) ??
      (secret && this.#gone('secret', secret, secrets.get({ namespace, name: secret.name }))) ??
      (pod && this.#gone('pod', pod, pods.get({ namespace, name: pod.name }))) ??
      (node && !pod ? this.#gone('node', node, nodes.get({ name: node.name })) : undefined)
    )
  }

  /** Why a token bound to `claim` is dead: its object is gone, is going for longer than the leeway, or is another one. */
  #gone(kind: string, claim: ObjectClaim, object: DeepReadonly<Bindable> | undefined): string | undefined {
    if (!object || this.#deletedLongAgo(object)) return INVALIDATED
    if (object.metadata.uid === claim.uid) return undefined
    return kind === 'service account'
      ? `service account UID (${object.metadata.uid}) does not match claim (${claim.uid})`
      : `${kind} UID (${object.metadata.uid}) does not match service account ${kind} ref claim (${claim.uid})`
  }

  #deletedLongAgo({ metadata: { deletionTimestamp } }: DeepReadonly<Bindable>): boolean {
    if (deletionTimestamp === undefined) return false
    return Date.parse(deletionTimestamp) < this.#deps.clock.now() - LEEWAY_SECONDS * 1000
  }

  /** A legacy token names no audience: it is meant for the API server. It is good while its Secret holds it. */
  #checkLegacy(
    { account, accountUid, secretName }: LegacyClaims,
    token: string,
    wanted: readonly string[],
  ): TokenResult {
    const audiences = wanted.filter((audience) => audience === ISSUER)
    if (audiences.length === 0) return wrongAudience([ISSUER], wanted)
    const secret = this.#deps.secrets.get({ namespace: account.namespace, name: secretName })
    const held = secret?.data?.token && Buffer.from(secret.data.token, 'base64').toString()
    if (!secret || held !== token || secret.metadata.deletionTimestamp) return { kind: 'invalid', why: INVALIDATED }
    if (secret.metadata.labels?.[INVALID_SINCE]) {
      const names = `${account.namespace}/${secretName} for service account ${account.namespace}/${account.name}`
      return { kind: 'invalid', why: `the token in secret ${names} has been marked invalid` }
    }
    const claim = { name: account.name, uid: accountUid }
    const why = this.#gone('service account', claim, this.#deps.serviceAccounts.get(account))
    return why === undefined
      ? { kind: 'user', user: accountUser(account, accountUid), audiences }
      : { kind: 'invalid', why }
  }
}

type Bindable = Pod | Secret | Node | ServiceAccount

function interpret(payload: Readonly<Record<string, unknown>>): Verified | undefined {
  if (payload.iss === LEGACY_ISSUER) {
    const claims = readLegacyClaims(payload)
    return claims && { form: 'legacy', claims }
  }
  if (payload.iss !== ISSUER) return undefined
  const claims = readBoundClaims(payload)
  return claims && { form: 'bound', claims }
}

function wrongAudience(had: readonly string[], wanted: readonly string[]): TokenResult {
  const why = `token audiences ${goListText(had)} is invalid for the target audiences ${goListText(wanted)}`
  return { kind: 'invalid', why }
}

function accountUser(account: { namespace: string; name: string }, uid: string): UserInfo {
  return { name: serviceAccountUser(account), uid, groups: serviceAccountGroups(account.namespace) }
}

function boundUser({ jti, 'kubernetes.io': { namespace, serviceaccount, pod, node } }: BoundClaims): UserInfo {
  const extra = {
    ...(pod && named('pod', pod)),
    ...(node && named('node', node)),
    ...(jti !== '' && { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] }),
  }
  return { ...accountUser({ namespace, name: serviceaccount.name }, serviceaccount.uid), extra }
}

function named(kind: 'pod' | 'node', { name, uid }: ObjectClaim): Record<string, string[]> {
  return {
    [`authentication.kubernetes.io/${kind}-name`]: [name],
    [`authentication.kubernetes.io/${kind}-uid`]: [uid],
  }
}
