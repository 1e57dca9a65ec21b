import { randomUUID } from 'node:crypto'
import { subresourceOf } from '../../api/resource.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Aggregator } from '../aggregation/aggregator.ts'
import { proxyRequest, unavailable } from '../aggregation/proxy.ts'
import type { AuthenticationResult, Authenticator } from '../authn/authenticator.ts'
import { impersonate } from '../authn/impersonation.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import { forbiddenRequest } from '../authz/forbidden.ts'
import type { Handler } from '../handler/handler.ts'
import { methodNotAllowed } from '../handler/refusals.ts'
import type { Registry } from '../registry/registry.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { RequestAttributes, UserInfo } from '../request.ts'
import { answer } from './answer.ts'
import { certificateOf } from './client-certificate.ts'
import { ClientGone, type Exchange, type Lasting } from './exchange.ts'
import { failureOf, unauthorized } from './failure.ts'
import { answerFailure } from './failure-answer.ts'
import { bodyOf, HttpCall } from './http-call.ts'
import type { ApiMetrics } from './metrics.ts'
import { Endpoint, type Negotiation } from './negotiation.ts'
import { notFoundPage, type PlainPaths } from './plain-paths.ts'
import { UrlQuery } from './query.ts'
import { hasVerb, type RequestInfo, type ResourceRequest, requestInfo, type VerbRequest } from './request-info.ts'
import { RequestTally } from './request-tally.ts'
import { routed } from './route.ts'
import { commonHeaders } from './send.ts'
import type { KubeletRelay } from './upgrade/kubelet-relay.ts'
import { warningHeaders } from './warning-headers.ts'

export interface PipelineDeps {
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly handler: Handler
  readonly registry: Registry
  readonly plainPaths: PlainPaths
  readonly relay: KubeletRelay
  readonly negotiation: Negotiation
  /** Finds group versions that other servers serve. */
  readonly aggregator?: Pick<Aggregator, 'find'> | undefined
  readonly metrics: ApiMetrics
  readonly clock: Clock
  readonly log: Logger
}

/** A request that has been let in. */
export interface Admitted {
  readonly user: UserInfo
  readonly info: RequestInfo
  readonly query: UrlQuery
}

/** Upstream's --max-requests-inflight and --max-mutating-requests-inflight together; watches do not count. */
const MAX_IN_FLIGHT = 600
/** What may be asked without credentials (DESIGN.md, decision 7), and what is answered even before roles are loaded. */
const PUBLIC = /^\/(healthz|livez|readyz|version)(\/|$)|^\/api\/v1\/namespaces\/kube-public\/configmaps\/cluster-info$/
const ALWAYS_ALLOWED = /^\/(healthz|livez|readyz)(\/|$)/
/** What lies at or below a group version belongs to who serves it. */
const GROUP_VERSION_PATH = /^\/apis\/([^/]+)\/([^/]+)(?:\/|$)/
const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

/** route → authenticate → impersonate → authorize → handle → encode, for every request by HTTP. */
export class Pipeline {
  readonly #deps: PipelineDeps
  #short = 0

  constructor(deps: PipelineDeps) {
    this.#deps = deps
  }

  /** Answers a request, whatever happens; gives what goes on then. */
  async handle(exchange: Exchange): Promise<Lasting | undefined> {
    const auditId = headerText(exchange.headers['audit-id']) ?? randomUUID()
    const tally = new RequestTally(this.#deps)
    let lasting: Lasting | undefined
    try {
      await this.#serve(exchange, auditId, tally)
    } catch (error) {
      tally.code = await this.#fail(exchange, auditId, error, tally)
    } finally {
      if (tally.isShort) this.#short--
      lasting = tally.dealtWith()
    }
    return lasting
  }

  /** Who asks for what, when that is allowed; throws 401 or 403 otherwise. Also for Upgrade requests. */
  admit(exchange: Pick<Exchange, 'headers' | 'socket' | 'method' | 'url'>): Promise<Admitted> | Admitted {
    const { url, method } = exchange
    const mark = url.indexOf('?')
    const query = new UrlQuery(mark === -1 ? '' : url.slice(mark + 1))
    const path = mark === -1 ? url : url.slice(0, mark)
    const info = requestInfo(method, path, query)
    const identified = (user: UserInfo): Admitted => {
      this.#authorize(user, info, query)
      return { user, info, query }
    }
    const user = this.#identify(exchange, path)
    return user instanceof Promise ? user.then(identified) : identified(user)
  }

  #serve(exchange: Exchange, auditId: string, tally: RequestTally): Promise<void> | void {
    const admitted = this.admit(exchange)
    if (!(admitted instanceof Promise)) return this.#route(exchange, auditId, admitted, tally)
    return admitted.then((known) => this.#route(exchange, auditId, known, tally))
  }

  #route(
    exchange: Exchange,
    auditId: string,
    { info, query, user }: Admitted,
    tally: RequestTally,
  ): Promise<void> | void {
    const delegated = this.#delegated(info)
    if (delegated?.available) return proxyRequest(exchange, delegated.remote, { user, auditId })
    if (delegated) return unavailable(exchange)
    if (info.kind === 'path') {
      const path = info.path.length > 1 && info.path.endsWith('/') ? info.path.slice(0, -1) : info.path
      return this.#deps.plainPaths.answer({ exchange, path, query, auditId })
    }
    const resource = routed(this.#deps.registry, info)
    if (!resource) return notFoundPage({ exchange, auditId })
    tally.about(info) // only of what there is: there are as many other paths as clients make up
    if (isRelayed(resource, info)) return this.#deps.relay.relay(exchange, { info, resource, user, query })
    // The router of a real API server has no HEAD for built-in resources; custom ones are served without it.
    if (!hasVerb(info) || (exchange.method === 'HEAD' && !resource.definition.model)) throw methodNotAllowed()
    if (info.verb === 'watch') return this.#call(exchange, auditId, { info, query, user }, resource, tally)
    if (this.#short >= MAX_IN_FLIGHT) return tooMany(exchange)
    this.#short++
    tally.isShort = true
    return this.#call(exchange, auditId, { info, query, user }, resource, tally)
  }

  #delegated(info: RequestInfo): ReturnType<Aggregator['find']> {
    const { aggregator } = this.#deps
    if (!aggregator) return undefined
    if (info.kind === 'resource') return aggregator.find(info.group, info.version)
    const [, group, version] = GROUP_VERSION_PATH.exec(info.path) ?? []
    return group !== undefined && version !== undefined ? aggregator.find(group, version) : undefined
  }

  async #call(
    exchange: Exchange,
    auditId: string,
    { info: request, query, user }: Admitted & { info: VerbRequest },
    resource: ServedResource,
    tally: RequestTally,
  ): Promise<void> {
    const { negotiation } = this.#deps
    const format = negotiation.format(exchange.headers.accept, endpointOf(resource, request))
    const body = await bodyOf(exchange, request.verb, negotiation.mediaTypes)
    const call = new HttpCall(request, { exchange, resource, query, user, body })
    tally.warnings = call.warnings
    const result = await this.#deps.handler(call)
    if ('code' in result) tally.code = result.code
    const headers = commonHeaders(auditId, format.mediaType)
    const warnings = warningHeaders(call.warnings)
    if (warnings.length > 0) headers.warning = warnings
    const { clock } = this.#deps
    await answer(result, { exchange, resource, query, format, headers, clock })
    if (result.kind === 'watch') tally.goesOn(result.session)
  }

  #identify({ headers, socket }: Pick<Exchange, 'headers' | 'socket'>, path: string): Promise<UserInfo> | UserInfo {
    const certificate = certificateOf(socket)
    const result = this.#deps.authenticator.authenticate(certificate ? { headers, certificate } : { headers })
    if (result instanceof Promise) return result.then((known) => this.#userOf(known, headers, path))
    return this.#userOf(result, headers, path)
  }

  #userOf(result: AuthenticationResult, headers: Exchange['headers'], path: string): UserInfo {
    if (result.kind === 'user') return impersonate(headers, result.user, this.#deps.authorizer)
    if (result.kind === 'anonymous' && PUBLIC.test(path)) return ANONYMOUS
    throw unauthorized()
  }

  #authorize(user: UserInfo, info: RequestInfo, query: UrlQuery): void {
    if (info.kind === 'path' && ALWAYS_ALLOWED.test(info.path)) return
    const attributes = attributesOf(user, info, query)
    const { verdict, reason } = this.#deps.authorizer.authorize(attributes)
    if (verdict !== 'allow') throw forbiddenRequest(attributes, reason)
  }

  /** Answers with what went wrong, unless nobody is there any more or another answer has begun and was broken off. */
  async #fail(exchange: Exchange, auditId: string, error: unknown, { warnings }: RequestTally): Promise<number> {
    if (error instanceof ClientGone || exchange.signal.aborted) return 499
    const { log, negotiation } = this.#deps
    const failure = failureOf(error, log)
    if (!exchange.isAnswered) await answerFailure(exchange, failure, { auditId, negotiation, warnings })
    return failure.code
  }
}

function tooMany(exchange: Exchange): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' }
  exchange.respond(429, headers, 'Too many requests, please try again later.\n')
}

function attributesOf(user: UserInfo, info: RequestInfo, query: UrlQuery): RequestAttributes {
  if (info.kind === 'path') return { user, verb: info.verb, path: info.path }
  const { verb, group, version, resource, subresource, namespace, name } = info
  const attributes = { user, verb, group, version, resource, subresource, namespace, name }
  const [fieldSelector, labelSelector] = [query.get('fieldSelector'), query.get('labelSelector')]
  if (!fieldSelector && !labelSelector) return attributes
  return { ...attributes, ...(fieldSelector && { fieldSelector }), ...(labelSelector && { labelSelector }) }
}

function endpointOf({ definition }: ServedResource, { verb }: ResourceRequest): Endpoint {
  if (definition.model) return verb === 'watch' ? Endpoint.CustomWatch : Endpoint.Custom
  if (verb === 'watch') return Endpoint.BuiltInWatch
  return verb === 'list' ? Endpoint.BuiltInList : Endpoint.BuiltIn
}

const isRelayed = ({ definition }: ServedResource, { subresource }: ResourceRequest): boolean =>
  subresource !== '' &&
  (subresource === 'log' || (subresourceOf(definition, subresource)?.verbs.includes('connect') ?? false))

const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value
