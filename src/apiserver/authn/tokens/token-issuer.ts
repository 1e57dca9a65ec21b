import { randomUUID } from 'node:crypto'
import type { FieldError } from '../../../api/field-error.ts'
import { invalid, invalidObject } from '../../../api/field-error.ts'
import { defaultTokenRequest, validateTokenRequest } from '../../../api/kinds/authentication/token-request.ts'
import { badRequest, conflict } from '../../../api/status-error.ts'
import type { BoundObjectReference, TokenRequest } from '../../../api/types/authentication.v1.ts'
import type { Node, Pod, Secret, ServiceAccount } from '../../../api/types/core.v1.ts'
import type { Clock } from '../../../base/clock.ts'
import { timestamp } from '../../../base/clock.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { ObjectName } from '../../../client/client.ts'
import type { ServiceAccountName } from '../service-account-name.ts'
import { serviceAccountUser } from '../service-account-name.ts'
import type { BoundClaims, ObjectClaim } from './claims.ts'
import { ISSUER, LEGACY_ISSUER } from './claims.ts'
import type { SigningKey } from './signing-key.ts'

const KIND = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
/** The lifetime that ServiceAccount admission asks for: old clients never reread it, so it is stretched to a year. */
const STRETCHED_SECONDS = 3607
const YEAR_SECONDS = 365 * 24 * 3600

/** Reads current objects; a missing one is a 404 StatusError. A token must not be bound to what a cache still shows. */
export interface TokenIssuerDeps {
  readonly key: SigningKey
  getServiceAccount(name: ObjectName, signal: AbortSignal): Promise<DeepReadonly<ServiceAccount>>
  getPod(name: ObjectName, signal: AbortSignal): Promise<DeepReadonly<Pod>>
  getSecret(name: ObjectName, signal: AbortSignal): Promise<DeepReadonly<Secret>>
  getNode(name: ObjectName, signal: AbortSignal): Promise<DeepReadonly<Node>>
  readonly clock: Clock
  /** Longer requests are shortened to this, with a warning. */
  readonly maxExpirationSeconds?: number
}

type Bound = Pick<BoundClaims['kubernetes.io'], 'pod' | 'secret' | 'node'>

/** Issues tokens for the serviceaccounts/token subresource (KEP-1205). */
export class TokenIssuer {
  readonly #deps: TokenIssuerDeps

  constructor(deps: TokenIssuerDeps) {
    this.#deps = deps
  }

  /** The request with its token. Throws 404, 409 (a bound object of that name but another uid), 400, 422. */
  async issue(
    account: ServiceAccountName,
    request: TokenRequest,
    { signal, warn }: { signal: AbortSignal; warn: (text: string) => void },
  ): Promise<TokenRequest> {
    refuseOtherName(account, request)
    const { metadata } = await this.#deps.getServiceAccount(account, signal)
    defaultTokenRequest(request)
    const errors = validateTokenRequest(request)
    if (errors.length > 0) throw invalidObject(KIND, '', errors)
    const spec = this.#effectiveSpec(request, warn)
    const bound = await this.#bind(account, spec.boundObjectRef, signal)
    const claims = this.#claims(account, metadata.uid, spec, bound)
    return {
      ...request,
      metadata: {
        name: account.name,
        namespace: account.namespace,
        creationTimestamp: timestamp(this.#deps.clock.now()),
      },
      spec,
      status: {
        token: await sign(claims, this.#deps.key),
        expirationTimestamp: timestamp((claims.iat + spec.expirationSeconds) * 1000),
      },
    }
  }

  /** The token of a Secret of type kubernetes.io/service-account-token: valid as long as the Secret holds it. */
  issueLegacy(account: ServiceAccountName, accountUid: string, secretName: string): Promise<string> {
    const claim = 'kubernetes.io/serviceaccount'
    const payload = {
      iss: LEGACY_ISSUER,
      sub: serviceAccountUser(account),
      [`${claim}/namespace`]: account.namespace,
      [`${claim}/secret.name`]: secretName,
      [`${claim}/service-account.name`]: account.name,
      [`${claim}/service-account.uid`]: accountUid,
    }
    return sign(payload, this.#deps.key)
  }

  #effectiveSpec({ spec }: TokenRequest, warn: (text: string) => void) {
    const requested = spec.expirationSeconds as number // defaulted
    const max = this.#deps.maxExpirationSeconds ?? Number.POSITIVE_INFINITY
    if (requested > max) warn(`requested expiration of ${requested} seconds shortened to ${max} seconds`)
    const audiences = spec.audiences?.length ? spec.audiences : [ISSUER]
    return { ...spec, audiences, expirationSeconds: Math.min(requested, max) }
  }

  async #bind(
    account: ServiceAccountName,
    reference: BoundObjectReference | null | undefined,
    signal: AbortSignal,
  ): Promise<Bound> {
    if (!reference) return {}
    const { namespace } = account
    const { apiVersion = '', kind = '', name = '' } = reference
    switch (`${apiVersion} ${kind}`) {
      case 'v1 Pod': {
        const pod = await this.#deps.getPod({ namespace, name }, signal)
        refuseOtherAccount(account, pod)
        return { pod: claimOf(pod, reference), ...(await this.#nodeOf(pod, signal)) }
      }
      case 'v1 Secret':
        return { secret: claimOf(await this.#deps.getSecret({ namespace, name }, signal), reference) }
      case 'v1 Node':
        return { node: claimOf(await this.#deps.getNode({ name }, signal), reference) }
      default:
        throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${kind}`)
    }
  }

  /** A pod's token also names the node it runs on; without its uid when the Node is not there (any more). */
  async #nodeOf({ spec: { nodeName } }: DeepReadonly<Pod>, signal: AbortSignal): Promise<Pick<Bound, 'node'>> {
    if (!nodeName) return {}
    try {
      const node = await this.#deps.getNode({ name: nodeName }, signal)
      return { node: { name: nodeName, uid: node.metadata.uid } }
    } catch (error) {
      if ((error as { code?: number }).code === 404) return { node: { name: nodeName, uid: '' } }
      throw error
    }
  }

  #claims(
    { namespace, name }: ServiceAccountName,
    uid: string,
    spec: { readonly audiences: string[]; readonly expirationSeconds: number },
    bound: Bound,
  ): BoundClaims {
    const now = Math.floor(this.#deps.clock.now() / 1000)
    const stretched = spec.expirationSeconds === STRETCHED_SECONDS && bound.pod && isForApiServer(spec.audiences)
    return {
      aud: spec.audiences,
      exp: now + (stretched ? YEAR_SECONDS : spec.expirationSeconds),
      iat: now,
      iss: ISSUER,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        ...bound,
        serviceaccount: { name, uid },
        ...(stretched && { warnafter: now + spec.expirationSeconds }),
      },
      nbf: now,
      sub: serviceAccountUser({ namespace, name }),
    }
  }
}

async function sign(claims: object, key: SigningKey): Promise<string> {
  const { CompactSign } = await import('jose')
  const payload = new TextEncoder().encode(JSON.stringify(claims))
  return new CompactSign(payload).setProtectedHeader({ alg: 'ES256', kid: key.id }).sign(key.private)
}

function claimOf(
  object: DeepReadonly<Pod | Secret | Node>,
  { kind = '', name = '', uid }: BoundObjectReference,
): ObjectClaim {
  const found = object.metadata.uid
  if (uid && uid !== found) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw conflict({ group: '', plural: kind }, name, why)
  }
  return { name, uid: found }
}

function refuseOtherAccount({ name }: ServiceAccountName, { spec }: DeepReadonly<Pod>): void {
  if (spec.serviceAccountName === name) return
  const quoted = JSON.stringify(name)
  throw badRequest(`cannot bind token for serviceaccount ${quoted} to pod running with different serviceaccount name.`)
}

const isForApiServer = (audiences: readonly string[]): boolean => audiences.every((audience) => audience === ISSUER)

function refuseOtherName(account: ServiceAccountName, { metadata }: TokenRequest): void {
  const errors: FieldError[] = []
  if (metadata?.name && metadata.name !== account.name) {
    errors.push(invalid('metadata.name', metadata.name, 'must match the service account name if specified'))
  }
  if (metadata?.namespace && metadata.namespace !== account.namespace) {
    errors.push(
      invalid('metadata.namespace', metadata.namespace, 'must match the service account namespace if specified'),
    )
  }
  if (errors.length > 0) throw invalidObject(KIND, account.name, errors)
}
