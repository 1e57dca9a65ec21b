import { timingSafeEqual } from 'node:crypto'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Secret } from './types/core.v1.ts'

/** Where bootstrap tokens lie: a Secret of this type and namespace for each (reference/access-authn-authz/bootstrap-tokens). */
export const TOKEN_SECRET_TYPE = 'bootstrap.kubernetes.io/token'
export const TOKEN_NAMESPACE = 'kube-system'
export const BOOTSTRAPPERS = 'system:bootstrappers'

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

/** `id.secret`: the id is public, the secret is not. */
export interface BootstrapToken {
  readonly id: string
  readonly secret: string
}

/** Undefined for what does not have the form of a bootstrap token. */
export function parseBootstrapToken(text: string): BootstrapToken | undefined {
  const [, id, secret] = TOKEN.exec(text) ?? []
  return id && secret ? { id, secret } : undefined
}

export const tokenSecretName = (id: string): string => `bootstrap-token-${id}`

/** What a bootstrap token is good for. */
export type TokenUsage = 'authentication' | 'signing'

/** Reads a value of a Secret; '' where there is none. */
export function secretValue({ data }: DeepReadonly<Pick<Secret, 'data'>>, key: string): string {
  return Buffer.from(data?.[key] ?? '', 'base64').toString()
}

/** The token that a Secret holds, if it is a bootstrap token's and nothing in it contradicts its name. */
export function tokenOf(secret: DeepReadonly<Secret>): BootstrapToken | undefined {
  if (secret.type !== TOKEN_SECRET_TYPE || secret.metadata.namespace !== TOKEN_NAMESPACE) return undefined
  const token = parseBootstrapToken(`${secretValue(secret, 'token-id')}.${secretValue(secret, 'token-secret')}`)
  return token && secret.metadata.name === tokenSecretName(token.id) ? token : undefined
}

/** When a token ends, in ms since the epoch: never where nothing is said, long ago where it cannot be read (upstream). */
export function expiryOf(secret: DeepReadonly<Secret>): number {
  const text = secretValue(secret, 'expiration')
  if (text === '') return Number.POSITIVE_INFINITY
  const time = Date.parse(text)
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time
}

export const servesFor = (secret: DeepReadonly<Secret>, usage: TokenUsage): boolean =>
  secretValue(secret, `usage-bootstrap-${usage}`) === 'true'

/** The groups of who comes with the token; undefined when the Secret names one that tokens may not give. */
export function groupsOf(secret: DeepReadonly<Secret>): string[] | undefined {
  const extra = secretValue(secret, 'auth-extra-groups').split(',').filter(Boolean)
  if (!extra.every((group) => EXTRA_GROUP.test(group))) return undefined
  return [BOOTSTRAPPERS, ...new Set(extra)].filter((group, index, all) => all.indexOf(group) === index)
}

/** Compares in a time that does not tell where two secrets differ. */
export function sameSecret(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
