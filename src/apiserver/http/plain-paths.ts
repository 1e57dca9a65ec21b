import type { Aggregator } from '../aggregation/aggregator.ts'
import { type AggregatedDocument, AggregatedDocuments } from '../discovery/aggregated-documents.ts'
import { aggregatedProtobuf } from '../discovery/aggregated-protobuf.ts'
import { coreVersions, group, groupList, resourceList } from '../discovery/classic.ts'
import type { RemoteVersion } from '../discovery/remote.ts'
import type { Query } from '../handler/call.ts'
import { methodNotAllowed, noSuchResource } from '../handler/refusals.ts'
import type { OpenApi } from '../openapi/openapi.ts'
import type { Registry } from '../registry/registry.ts'
import { encodedValue } from './encoded-value.ts'
import type { Exchange } from './exchange.ts'
import { type HealthCheck, healthAnswer } from './health.ts'
import { JSON_TYPE, type MediaType, PROTOBUF_TYPE } from './media-type.ts'
import type { ApiMetrics } from './metrics.ts'
import { Endpoint, type Negotiation } from './negotiation.ts'
import { answerOpenApi } from './openapi-paths.ts'
import { isPretty } from './pretty.ts'
import { commonHeaders, send } from './send.ts'
import { type ServerVersion, versionInfo } from './version.ts'

export interface PlainPathsDeps {
  readonly registry: Registry
  readonly metrics: ApiMetrics
  readonly negotiation: Negotiation
  readonly aggregator?: Pick<Aggregator, 'groupVersions'> | undefined
  readonly version: ServerVersion
  readonly openApi: () => Promise<OpenApi>
  readonly liveChecks: readonly HealthCheck[]
  readonly readyChecks: readonly HealthCheck[]
  /** host:port for clients. */
  serverAddress(): string
}

interface PlainRequest {
  readonly exchange: Exchange
  /** Without a trailing slash. */
  readonly path: string
  readonly query: Query
  readonly auditId: string
}

/** Everything that is served beside resources: health, version, metrics, discovery, OpenAPI. */
export class PlainPaths {
  readonly #deps: PlainPathsDeps
  readonly #aggregated: AggregatedDocuments

  constructor(deps: PlainPathsDeps) {
    const { registry, aggregator } = deps
    this.#deps = deps
    this.#aggregated = new AggregatedDocuments({
      served: () => registry.definitions,
      remote: () => aggregator?.groupVersions ?? NOTHING,
    })
  }

  /** Answers a path that names no resource; 404 and 405 included. */
  async answer(request: PlainRequest): Promise<void> {
    const { exchange, path } = request
    const [, root = '', ...rest] = path.split('/')
    if (!isKnown(root)) return notFoundPage(request)
    if (exchange.method !== 'GET' && !(exchange.method === 'HEAD' && hasHead(root, rest))) throw methodNotAllowed()
    switch (root) {
      case 'healthz':
      case 'livez':
      case 'readyz':
        return this.#health(root, request, rest)
      case 'version':
        return rest.length === 0 ? this.#raw(request, versionInfo(this.#deps.version)) : notFoundPage(request)
      case 'metrics':
        return rest.length === 0 ? this.#metrics(request) : notFoundPage(request)
      case 'openapi':
        return this.#openApi(request, rest)
      case '':
        return this.#raw(request, { paths: this.#paths() })
      default:
        return this.#discovery(request, root, rest)
    }
  }

  #health(endpoint: string, request: PlainRequest, [only]: string[]): void {
    const { query } = request
    const checks = endpoint === 'livez' ? this.#deps.liveChecks : this.#deps.readyChecks
    const verbose = query.get('verbose') !== undefined
    const options = { ...(only !== undefined && { only }), exclude: query.all('exclude'), verbose }
    const answer = healthAnswer(endpoint, checks, options)
    if (!answer) return notFoundPage(request)
    sendText(request, answer.code, answer.text)
  }

  async #metrics(request: PlainRequest): Promise<void> {
    const text = await this.#deps.metrics.text()
    const headers = commonHeaders(request.auditId, 'text/plain; version=0.0.4; charset=utf-8')
    await send(request.exchange, 200, headers, text)
  }

  #discovery(request: PlainRequest, root: string, rest: string[]): Promise<void> | void {
    const served = this.#deps.registry.definitions
    const remote = this.#deps.aggregator?.groupVersions ?? NOTHING
    if (rest.length === 0) {
      const mediaType = this.#deps.negotiation.aggregatedDiscovery(request.exchange.headers.accept)
      if (mediaType) return sendTagged(request, this.#aggregated.get(root === 'api'), mediaType)
      const { serverAddress } = this.#deps
      return this.#json(request, root === 'api' ? coreVersions(served, serverAddress()) : groupList(served, remote))
    }
    const [first = '', second] = rest
    const document =
      root === 'api'
        ? resourceList(served, { group: '', version: first })
        : second === undefined
          ? group(served, first, remote)
          : resourceList(served, { group: first, version: second })
    if (document) return this.#json(request, document)
    if (root === 'apis' && !this.#deps.registry.hasBuiltInGroup(first)) return notFoundPage(request)
    throw noSuchResource()
  }

  async #openApi(request: PlainRequest, rest: string[]): Promise<void> {
    const found = await answerOpenApi(await this.#deps.openApi(), request, rest.join('/'))
    if (!found) notFoundPage(request)
  }

  #paths(): string[] {
    const versions = this.#deps.registry.groupVersions()
    const groups = new Set(versions.filter((text) => text.includes('/')).map((text) => `/apis/${text.split('/')[0]}`))
    const api = versions.map((text) => (text.includes('/') ? `/apis/${text}` : `/api/${text}`))
    return ['/api', '/apis', ...api, ...groups, ...OTHER_PATHS].sort()
  }

  /** In the media type that the client asks for. */
  async #json({ exchange, auditId, query }: PlainRequest, value: object): Promise<void> {
    const { mediaType, pretty } = this.#deps.negotiation.format(exchange.headers.accept, Endpoint.Discovery)
    const indented = pretty === true || isPretty(query.get('pretty'), exchange.headers['user-agent'])
    const body = encodedValue(value, mediaType, indented)
    await send(exchange, 200, commonHeaders(auditId, mediaType), body instanceof Promise ? await body : body)
  }

  /** What is no object of the API is JSON for everybody. */
  #raw({ exchange, auditId }: PlainRequest, value: object): Promise<void> | void {
    return send(exchange, 200, commonHeaders(auditId, JSON_TYPE), JSON.stringify(value, null, 2))
  }
}

const NOTHING: readonly RemoteVersion[] = []

const ROOTS: ReadonlySet<string> = new Set([
  '',
  'api',
  'apis',
  'healthz',
  'livez',
  'readyz',
  'version',
  'metrics',
  'openapi',
])
const OTHER_PATHS = ['/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version']

/** What a real API server serves without its router answers HEAD too. */
const hasHead = (root: string, rest: readonly string[]): boolean =>
  root !== 'version' && root !== 'api' && !(root === 'apis' && rest.length > 1)

const isKnown = (root: string): boolean => ROOTS.has(root)

/** A path that nobody serves, as Go's http.NotFound answers. */
export function notFoundPage(request: Pick<PlainRequest, 'exchange' | 'auditId'>): void {
  sendText(request, 404, '404 page not found\n')
}

function sendText({ exchange, auditId }: Pick<PlainRequest, 'exchange' | 'auditId'>, code: number, text: string): void {
  const headers = { ...commonHeaders(auditId, 'text/plain; charset=utf-8'), 'x-content-type-options': 'nosniff' }
  exchange.respond(code, headers, text)
}

/** Aggregated discovery is read often and changes rarely: clients ask with the ETag that they have. */
async function sendTagged(
  { exchange, auditId }: PlainRequest,
  { document, json, etag }: AggregatedDocument,
  mediaType: MediaType,
): Promise<void> {
  const contentType = `${mediaType};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`
  const headers = { ...commonHeaders(auditId, contentType), 'cache-control': 'public', etag, vary: 'Accept' }
  if (exchange.headers['if-none-match'] === etag) return exchange.respond(304, headers, '')
  if (mediaType === JSON_TYPE) return send(exchange, 200, headers, json)
  const body = mediaType === PROTOBUF_TYPE ? aggregatedProtobuf(document) : encodedValue(document, mediaType, false)
  await send(exchange, 200, headers, body instanceof Promise ? await body : body)
}
