import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { badRequest, internalError, type StatusError } from '../../../api/status-error.ts'
import { request as httpRequest } from '../../../base/node-http.ts'
import type { Query } from '../../handler/call.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ServedResource } from '../../registry/served-resource.ts'
import type { UserInfo } from '../../request.ts'
import { bodyFraming } from '../body-framing.ts'
import type { Exchange, ResponseHeaders } from '../exchange.ts'
import type { ResourceRequest } from '../request-info.ts'
import { type Target, targetOf } from './target.ts'
import { undialedBackend, unreachableService, unreadableLog } from './unreachable.ts'

/** What we show to kubelets, PEM, and the authority that their serving certificates are of. */
export interface KubeletTls {
  readonly cert: string
  readonly key: string
  /** Without one, a kubelet's certificate is not checked, as upstream without --kubelet-certificate-authority. */
  readonly ca?: string
}

export interface RelayRequest {
  readonly info: ResourceRequest
  readonly resource: ServedResource
  readonly user: UserInfo
  readonly query: Query
}

/**
 * Passes `log`, `exec`, `attach`, `portforward` and `proxy` on to the kubelet or the pod. Streams are relayed as bytes: what
 * protocol client and kubelet speak after an upgrade (SPDY, WebSocket) is theirs.
 */
export class KubeletRelay {
  readonly #registry: Registry
  readonly #tls: () => KubeletTls | undefined

  /** `tls` is asked for each request: certificates are renewed while we run. */
  constructor(registry: Registry, tls: () => KubeletTls | undefined) {
    this.#registry = registry
    this.#tls = tls
  }

  /** A request without Upgrade: logs and proxied HTTP. */
  async relay(exchange: Exchange, { info, query }: RelayRequest): Promise<void> {
    const isLog = info.subresource === 'log'
    if (!isLog) refuseDryRun(query)
    if (!isLog && info.subresource !== 'proxy') throw badRequest('Upgrade request required')
    const target = await targetOf(info, query, exchange.url, this.#registry, exchange.signal)
    if (!target) return exchange.respond(200, { 'content-type': 'text/plain' }, '')
    if (isLog) return this.#log(exchange, target)
    if (isRoot(target, exchange.method)) return exchange.respond(301, { location: withSlash(exchange.url) }, '')
    await this.#proxy(exchange, target)
  }

  async #log(exchange: Exchange, target: Target): Promise<void> {
    const onward = this.#open(target, 'GET', passedOn(exchange.headers), exchange.signal)
    onward.end()
    const response = await responseOf(onward).catch((error) => {
      throw unreadableLog(target, error)
    })
    if ((response.statusCode ?? 500) >= 400) throw await logFailure(response)
    await copyAnswer(exchange, response)
  }

  /** The body goes on as it comes, however long it is. */
  async #proxy(exchange: Exchange, target: Target): Promise<void> {
    const headers = { ...passedOn(exchange.headers), ...bodyFraming(exchange) }
    const onward = this.#open(target, exchange.method, headers, exchange.signal)
    const response = responseOf(onward)
    exchange.incoming.pipe(onward)
    try {
      await copyAnswer(exchange, await response)
    } catch (error) {
      exchange.incoming.resume() // what is still to come of the body is for nobody
      throw exchange.signal.aborted ? error : unreachableService(error)
    }
  }

  /** A request with Upgrade, after it was let in: joins the client's connection to the target's. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, { info, query }: RelayRequest): Promise<void> {
    const left = new AbortController()
    socket.once('close', () => left.abort())
    refuseDryRun(query)
    const target = await targetOf(info, query, request.url as string, this.#registry, left.signal)
    if (!target) throw badRequest(`pod ${info.name} does not have a host assigned`)
    const headers = { ...passedOn(request.headers), connection: 'Upgrade', upgrade: request.headers.upgrade }
    const onward = this.#open(target, request.method as string, headers, left.signal)
    onward.on('upgrade', (answer, far, farHead) => join(socket, head, answer, far, farHead))
    const refused = Promise.withResolvers<void>()
    onward.on('response', (answer) => void refuse(socket, answer).then(refused.resolve, refused.reject))
    onward.on('upgrade', () => refused.resolve())
    onward.on('error', (error) => refused.reject(undialedBackend(error)))
    onward.end()
    await refused.promise
  }

  #open(
    { scheme, host, port, path, isKubelet }: Target,
    method: string,
    headers: OutgoingHttpHeaders,
    signal: AbortSignal,
  ) {
    const options = {
      host,
      port,
      path,
      method,
      headers: { ...headers, host: `${host}:${port}` },
      signal,
      agent: false as const,
    }
    if (scheme === 'http') return httpRequest(options)
    const tls = isKubelet ? this.#tls() : undefined
    return httpsRequest({ ...options, ...tls, rejectUnauthorized: tls?.ca !== undefined })
  }
}

/** Upstream knows it of no verb that connects. */
function refuseDryRun(query: Query): void {
  if (query.all('dryRun').length > 0) throw badRequest('dryRun is not supported')
}

/** Relative links of a page only lead back through the proxy when its path ends in a slash. */
const isRoot = ({ path }: Target, method: string): boolean =>
  !path.startsWith('/') && (method === 'GET' || method === 'HEAD')

const withSlash = (url: string): string => url.replace(/\?|$/, '/$&')

function responseOf(onward: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  onward.on('response', resolve)
  onward.on('error', reject)
  return promise
}

/** Who asked is our matter: credentials go no further. Nor does what belongs to one connection. */
const KEPT_BACK =
  /^(authorization|impersonate-|x-remote-|connection$|upgrade$|host$|:|keep-alive$|transfer-encoding$|te$)/

function passedOn(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !KEPT_BACK.test(name)))
}

const MAX_FAILURE_BYTES = 50_000

/** A kubelet says in plain text why there is no log; clients are told so in a Status. */
async function logFailure(answer: IncomingMessage): Promise<StatusError> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) if (text.length < MAX_FAILURE_BYTES) text += chunk
  return answer.statusCode === 400 ? badRequest(text) : internalError(text)
}

async function copyAnswer(exchange: Exchange, answer: IncomingMessage): Promise<void> {
  const headers = passedOn(answer.headers) as ResponseHeaders
  const stream = exchange.stream(answer.statusCode ?? 502, headers)
  try {
    for await (const chunk of answer) {
      stream.write(chunk as Buffer)
      await stream.drained()
    }
    stream.end()
  } catch {
    stream.destroy() // the far end broke off: the client must not take this for the whole answer
  }
}

/** Replays the far end's answer to the upgrade, then copies both ways until one side ends. */
function join(socket: Duplex, head: Buffer, answer: IncomingMessage, far: Duplex, farHead: Buffer): void {
  socket.write(headOf(answer))
  if (farHead.length > 0) socket.write(farHead)
  if (head.length > 0) far.write(head)
  far.on('error', () => socket.destroy())
  socket.on('error', () => far.destroy())
  socket.on('close', () => far.destroy())
  far.on('close', () => socket.end())
  far.pipe(socket)
  socket.pipe(far)
}

/** The far end did not switch protocols: its answer is the client's answer. */
async function refuse(socket: Duplex, answer: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  delete answer.headers['transfer-encoding']
  answer.headers['content-length'] = String(body.length)
  answer.headers.connection = 'close'
  socket.end(Buffer.concat([Buffer.from(headOf(answer)), body]))
}

function headOf({ statusCode, statusMessage, headers }: IncomingMessage): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}\r\n`),
  )
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}\r\n`
}
