import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { badRequest, internalError, Reason, StatusError } from '../../../api/status-error.ts'
import type { Query } from '../../handler/call.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ServedResource } from '../../registry/served-resource.ts'
import type { UserInfo } from '../../request.ts'
import type { Exchange, ResponseHeaders } from '../exchange.ts'
import type { ResourceRequest } from '../request-info.ts'
import { type Target, targetOf } from './target.ts'

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
    if (info.subresource !== 'log' && info.subresource !== 'proxy') throw badRequest('Upgrade request required')
    const target = await targetOf(info, query, searchOf(exchange.url), this.#registry, exchange.signal)
    if (!target) return exchange.respond(200, { 'content-type': 'text/plain' }, '')
    const body = exchange.method === 'GET' || exchange.method === 'HEAD' ? undefined : await exchange.body(Infinity)
    const response = await this.#send(target, exchange.method, passedOn(exchange.headers), exchange.signal, body)
    if (info.subresource === 'log' && (response.statusCode ?? 500) >= 400) throw await logFailure(response)
    await copyAnswer(exchange, response)
  }

  /** A request with Upgrade, after it was let in: joins the client's connection to the target's. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, { info, query }: RelayRequest): Promise<void> {
    const left = new AbortController()
    socket.once('close', () => left.abort())
    const target = await targetOf(info, query, searchOf(request.url as string), this.#registry, left.signal)
    if (!target) throw badRequest(`pod ${info.name} does not have a host assigned`)
    const headers = { ...passedOn(request.headers), connection: 'Upgrade', upgrade: request.headers.upgrade }
    const onward = this.#open(target, request.method as string, headers, left.signal)
    onward.on('upgrade', (answer, far, farHead) => join(socket, head, answer, far, farHead))
    const refused = Promise.withResolvers<void>()
    onward.on('response', (answer) => void refuse(socket, answer).then(refused.resolve, refused.reject))
    onward.on('upgrade', () => refused.resolve())
    onward.on('error', (error) => refused.reject(unreachableTarget(target, error)))
    onward.end()
    await refused.promise
  }

  #send(
    target: Target,
    method: string,
    headers: OutgoingHttpHeaders,
    signal: AbortSignal,
    body: Uint8Array | undefined,
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const onward = this.#open(target, method, headers, signal)
    onward.on('response', resolve)
    onward.on('error', (error) => reject(unreachableTarget(target, error)))
    onward.end(body)
    return promise
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

const searchOf = (url: string): string => {
  const mark = url.indexOf('?')
  return mark === -1 ? '' : url.slice(mark)
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

function unreachableTarget({ host, port }: Target, cause: Error): StatusError {
  return new StatusError({
    code: 502,
    reason: Reason.Unknown,
    message: `error dialing backend: dial tcp ${host}:${port}: ${cause.message}`,
    cause,
  })
}
