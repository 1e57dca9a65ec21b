import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import type { Exchange } from '../apiserver/http/exchange.ts'
import { serveHttp2 } from './http2-served.ts'

/** What came of a request. */
export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Why the stream ended. */
  readonly code: number
}

export async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const closed = new Promise((resolve) => stream.on('close', resolve).on('error', () => {}))
  let headers: IncomingHttpHeaders = {}
  stream.on('response', (fields) => (headers = fields))
  const chunks: Buffer[] = []
  stream.on('data', (chunk) => chunks.push(chunk as Buffer))
  await closed
  return { status: headers[':status'] as never, headers, body: Buffer.concat(chunks), code: stream.rstCode ?? -1 }
}

/** A GET of `/`, where nothing else is said. */
export interface Ask {
  readonly headers?: OutgoingHttpHeaders
  readonly body?: Uint8Array | string
}

export function open(session: ClientHttp2Session, { headers, body }: Ask = {}): ClientHttp2Stream {
  const stream = session.request(headers, { endStream: body === undefined })
  stream.on('error', () => {})
  if (body !== undefined) stream.end(body)
  return stream
}

export const ask = (session: ClientHttp2Session, request: Ask = {}): Promise<Answer> => answerOf(open(session, request))

/** Bytes of which no two places look the same. */
export const noise = (length: number): Buffer =>
  Buffer.from(Uint32Array.from({ length: length / 4 }, (_, n) => Math.imul(n, 0x9e3779b1)).buffer)

/** The server's side of one request, when it comes, and the client's. */
export async function exchanging(request: Ask = {}, options = {}) {
  const arrived = Promise.withResolvers<Exchange>()
  const served = await serveHttp2((exchange) => {
    if (exchange.url === '/ok') exchange.respond(200, {}, 'ok')
    else arrived.resolve(exchange)
  })
  const session = served.node(options)
  const stream = open(session, request)
  const exchange = await arrived.promise
  return { served, session, stream, exchange, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}
