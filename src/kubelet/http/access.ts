import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { TokenReview } from '../../api/types/authentication.v1.ts'
import type { SubjectAccessReview } from '../../api/types/authorization.v1.ts'
import type { ObjectMeta } from '../../api/types/meta.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../client/clientset.ts'

/** Who asks the kubelet. */
export interface Caller {
  readonly name: string
  readonly groups: readonly string[]
}

export type Access =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'forbidden'; readonly message: string }

/** What a request touches: the kubelet's paths stand for subresources of its Node. */
export interface NodeAccess {
  readonly verb: string
  /** In order of narrowness; the last is `proxy`, which allows everything (KEP-2862). */
  readonly subresources: readonly string[]
}

export interface AccessDeps {
  readonly client: Pick<Client, 'tokenReviews' | 'subjectAccessReviews'>
  readonly nodeName: string
  readonly clock: Clock
}

const ALLOWED_MS = 300_000
const REFUSED_MS = 30_000
const TOKEN_MS = 120_000
const CAPACITY = 1000

/**
 * Asks the API server who a caller is (TokenReview; certificates are verified by TLS) and whether it may
 * (SubjectAccessReview), and remembers the answers for upstream's times. Bounded.
 */
export class KubeletAccess {
  readonly #deps: AccessDeps
  readonly #remembered = new Map<string, { readonly value: unknown; readonly until: number }>()

  constructor(deps: AccessDeps) {
    this.#deps = deps
  }

  async check(request: IncomingMessage, wanted: NodeAccess, signal: AbortSignal): Promise<Access> {
    const caller = certificateCaller(request) ?? (await this.#tokenCaller(request, signal))
    if (!caller) return { kind: 'unauthorized' }
    for (const subresource of wanted.subresources) {
      if (await this.#allows(caller, wanted.verb, subresource, signal)) return { kind: 'allowed' }
    }
    const { nodeName } = this.#deps
    const resource = wanted.subresources.at(-1)
    const message = `Forbidden (user=${caller.name}, verb=${wanted.verb}, resource=nodes, subresource(s)=[${wanted.subresources.join(' ')}])`
    return { kind: 'forbidden', message: resource ? message : `Forbidden (user=${caller.name}, node=${nodeName})` }
  }

  async #tokenCaller({ headers }: IncomingMessage, signal: AbortSignal): Promise<Caller | undefined> {
    const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
    if (!token) return undefined
    return this.#remember(`token/${token}`, TOKEN_MS, async () => {
      const review = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        metadata: {} as ObjectMeta,
        spec: { token },
      }
      const { status } = await this.#deps.client.tokenReviews.create(review as TokenReview, { signal })
      if (!status?.authenticated || !status.user?.username) return undefined
      return { name: status.user.username, groups: status.user.groups ?? [] }
    })
  }

  #allows(caller: Caller, verb: string, subresource: string, signal: AbortSignal): Promise<boolean> {
    const key = JSON.stringify([caller, verb, subresource])
    const { client, nodeName } = this.#deps
    return this.#remember(
      key,
      (allowed) => (allowed ? ALLOWED_MS : REFUSED_MS),
      async () => {
        const resourceAttributes = { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName }
        const spec = { user: caller.name, groups: [...caller.groups], resourceAttributes }
        const review = {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          metadata: {} as ObjectMeta,
          spec,
        }
        const { status } = await client.subjectAccessReviews.create(review as SubjectAccessReview, { signal })
        return status?.allowed ?? false
      },
    )
  }

  async #remember<T>(key: string, ms: number | ((value: T) => number), find: () => Promise<T>): Promise<T> {
    const present = this.#remembered.get(key)
    const now = this.#deps.clock.monotonic()
    if (present && present.until > now) return present.value as T
    const value = await find()
    this.#remembered.delete(key)
    this.#remembered.set(key, { value, until: now + (typeof ms === 'number' ? ms : ms(value)) })
    if (this.#remembered.size > CAPACITY) this.#remembered.delete(this.#remembered.keys().next().value as string)
    return value
  }
}

/** The subject of a certificate that TLS verified against the cluster's CA. */
function certificateCaller({ socket }: IncomingMessage): Caller | undefined {
  const tls = socket as TLSSocket
  if (!tls.authorized) return undefined
  const { subject } = tls.getPeerCertificate()
  const { CN: name, O: organization } = (subject ?? {}) as { CN?: string | string[]; O?: string | string[] }
  const user = Array.isArray(name) ? name[0] : name
  return user ? { name: user, groups: [organization ?? []].flat() } : undefined
}

/** Which access a path needs (upstream: NodeRequestAttributesGetter). */
export function accessFor(method: string, path: string): NodeAccess {
  const verb = VERBS[method] ?? 'get'
  const narrow = PATHS.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1] ?? []
  return { verb, subresources: [...narrow, 'proxy'].filter((name, index, all) => all.indexOf(name) === index) }
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

/** `stats`, `metrics`, `log` and `spec` are subresources of their own; they do not fall back to proxy upstream, others do. */
const PATHS: readonly [prefix: string, subresources: readonly string[]][] = [
  ['/stats', ['stats']],
  ['/metrics', ['metrics']],
  ['/logs', ['log']],
  ['/pods', ['pods']],
  ['/runningpods', ['pods']],
  ['/healthz', ['healthz']],
  ['/configz', ['configz']],
]
