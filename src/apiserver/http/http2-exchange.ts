import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { type Body, bodyLength, wholeBody } from './body.ts'
import { drained } from './drained.ts'
import type { Exchange, ResponseHeaders, ResponseStream } from './exchange.ts'
import { readBody } from './read-body.ts'
import { sent } from './sent.ts'
import type { SharedChunk } from './shared-chunk.ts'

/** An exchange by HTTP/2, on the core stream API. */
export class Http2Exchange implements Exchange {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly socket: TLSSocket
  readonly #stream: ServerHttp2Stream
  #aborted: AbortController | undefined
  #isEnded = false // by us: Node.js ends streams that the client has reset, and calls them finished
  #answer: Http2Stream | undefined

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, socket: TLSSocket) {
    this.#stream = stream
    this.headers = headers
    this.socket = socket
    this.method = headers[':method'] as string
    this.url = headers[':path'] as string
    stream.on('error', ignore) // reset by the client: `close` follows and tells the signal
  }

  get incoming(): ServerHttp2Stream {
    return this.#stream
  }

  get hasBody(): boolean {
    return !this.#stream.endAfterHeaders
  }

  get signal(): AbortSignal {
    if (!this.#aborted) {
      const aborted = new AbortController()
      this.#aborted = aborted
      if (this.#stream.destroyed) aborted.abort()
      else this.#stream.once('close', () => this.#isWhole || aborted.abort())
    }
    return this.#aborted.signal
  }

  /** Whether all of the answer has gone out. */
  get #isWhole(): boolean {
    return (this.#isEnded || this.#answer?.isEnded === true) && this.#stream.writableFinished
  }

  get isAnswered(): boolean {
    return this.#stream.headersSent
  }

  body(limit: number): Promise<Uint8Array> {
    return readBody(this.#stream, limit)
  }

  respond(status: number, headers: ResponseHeaders, body: Body): void {
    if (this.#stream.destroyed) return
    this.#isEnded = true
    headers['content-length'] = bodyLength(body)
    this.#stream.respond({ ':status': status, ...headers })
    this.#stream.end(this.method === 'HEAD' ? undefined : wholeBody(body))
  }

  stream(status: number, headers: ResponseHeaders): ResponseStream {
    if (!this.#stream.destroyed) begin(this.#stream, status, headers)
    this.#answer = new Http2Stream(this.#stream)
    return this.#answer
  }
}

const ignore = (): void => undefined

/** Node.js keeps the list of headers that it is given for as long as the stream lives: it is emptied when they have gone out. */
function begin(stream: ServerHttp2Stream, status: number, headers: ResponseHeaders): void {
  const list: (string | number)[] = [':status', status]
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) list.push(name, one)
  }
  stream.respond(list as string[])
  list.length = 0
}

/** Knows nothing of the exchange, whose request need not be kept while the answer lasts. */
class Http2Stream implements ResponseStream {
  readonly #stream: ServerHttp2Stream
  /** Whether it was ended from here. */
  isEnded = false

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream
  }

  write(chunk: Uint8Array | string): void {
    if (!this.#stream.destroyed) this.#stream.write(chunk)
  }

  writeShared({ bytes }: SharedChunk): void {
    this.write(bytes)
  }

  send(chunk: Uint8Array): Promise<boolean> {
    return sent(this.#stream, chunk)
  }

  pendingBytes(): number {
    return this.#stream.writableLength + this.#stream.bufferSize
  }

  drained(): Promise<void> {
    return drained(this.#stream)
  }

  whenGone(gone: () => void): void {
    if (this.#stream.destroyed) gone()
    else this.#stream.on('close', () => this.isEnded || gone())
  }

  end(): void {
    this.isEnded = true
    this.#stream.end()
  }

  destroy(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }
}
