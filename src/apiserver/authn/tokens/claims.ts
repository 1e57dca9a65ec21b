import type { ServiceAccountName } from '../service-account-name.ts'

/** The issuer of service account tokens, and the audience that stands for the API server. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local'
export const LEGACY_ISSUER = 'kubernetes/serviceaccount'

/** An object that a token lives and dies with. */
export interface ObjectClaim {
  readonly name: string
  readonly uid: string
}

/** What a TokenRequest's token says (upstream: pkg/serviceaccount claims.go; KEP-1205, KEP-4193). Times in seconds. */
export interface BoundClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: readonly string[]
  readonly iat: number
  readonly nbf: number
  readonly exp: number
  readonly jti: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: ObjectClaim
    readonly pod?: ObjectClaim
    readonly secret?: ObjectClaim
    readonly node?: ObjectClaim
    readonly warnafter?: number
  }
}

/** What the token in a Secret of type kubernetes.io/service-account-token says. It never expires. */
export interface LegacyClaims {
  readonly account: ServiceAccountName
  readonly accountUid: string
  readonly secretName: string
}

/** A token's payload, verified, in the one form that has all its parts; undefined when it has not. */
export function readBoundClaims(payload: Readonly<Record<string, unknown>>): BoundClaims | undefined {
  const { iss, sub, exp, iat, nbf, jti } = payload
  const own = payload['kubernetes.io']
  const aud = typeof payload.aud === 'string' ? [payload.aud] : payload.aud
  if (typeof iss !== 'string' || typeof sub !== 'string' || !isStrings(aud) || !isObject(own)) return undefined
  if (typeof exp !== 'number' || typeof own.namespace !== 'string' || !isObjectClaim(own.serviceaccount))
    return undefined
  for (const bound of [own.pod, own.secret, own.node])
    if (bound !== undefined && !isObjectClaim(bound)) return undefined
  return {
    iss,
    sub,
    aud,
    exp,
    iat: typeof iat === 'number' ? iat : 0,
    nbf: typeof nbf === 'number' ? nbf : 0,
    jti: typeof jti === 'string' ? jti : '',
    'kubernetes.io': own as unknown as BoundClaims['kubernetes.io'],
  }
}

export function readLegacyClaims(payload: Readonly<Record<string, unknown>>): LegacyClaims | undefined {
  const claim = (name: string) => payload[`kubernetes.io/serviceaccount/${name}`]
  const namespace = claim('namespace')
  const name = claim('service-account.name')
  const accountUid = claim('service-account.uid')
  const secretName = claim('secret.name')
  if (typeof namespace !== 'string' || typeof name !== 'string') return undefined
  if (typeof accountUid !== 'string' || typeof secretName !== 'string') return undefined
  return { account: { namespace, name }, accountUid, secretName }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isObjectClaim(value: unknown): value is ObjectClaim {
  return isObject(value) && typeof value.name === 'string' && typeof value.uid === 'string'
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}
