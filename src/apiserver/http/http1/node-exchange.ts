import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { type Body, bodyLength, wholeBody } from '../body.ts'
import { drained } from '../drained.ts'
import type { Exchange, ResponseHeaders, ResponseStream } from '../exchange.ts'
import { readBody } from '../read-body.ts'
import { sent } from '../sent.ts'
import type { SharedChunk } from '../shared-chunk.ts'

/** An exchange by HTTP/1.1 on a connection that Node.js reads. */
export class NodeExchange implements Exchange {
  readonly method: string
  readonly url: string
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #aborted: AbortController | undefined

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request
    this.#response = response
    this.method = request.method as string
    this.url = request.url as string
    response.on('error', () => {}) // the client has gone: `close` follows and tells the signal
  }

  get headers() {
    return this.#request.headers
  }

  get incoming(): IncomingMessage {
    return this.#request
  }

  get hasBody(): boolean {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = this.#request.headers
    return length !== '0' || encoding !== undefined
  }

  get socket(): TLSSocket {
    return this.#request.socket as TLSSocket
  }

  get signal(): AbortSignal {
    if (!this.#aborted) {
      const aborted = new AbortController()
      this.#aborted = aborted
      if (this.#response.destroyed) aborted.abort()
      else this.#response.once('close', () => this.#response.writableFinished || aborted.abort())
    }
    return this.#aborted.signal
  }

  get isAnswered(): boolean {
    return this.#response.headersSent
  }

  body(limit: number): Promise<Uint8Array> {
    return readBody(this.#request, limit)
  }

  respond(status: number, headers: ResponseHeaders, body: Body): void {
    headers['content-length'] = bodyLength(body)
    this.#response.writeHead(status, headers)
    this.#response.end(this.method === 'HEAD' ? undefined : wholeBody(body))
  }

  stream(status: number, headers: ResponseHeaders): ResponseStream {
    const response = this.#response
    response.writeHead(status, headers)
    response.socket?.setNoDelay(true)
    return new NodeStream(response)
  }
}

class NodeStream implements ResponseStream {
  readonly #response: ServerResponse
  #hasBegun = false

  /** The head goes out with what is written in the same turn, or without. */
  constructor(response: ServerResponse) {
    this.#response = response
    process.nextTick(() => this.#hasBegun || response.flushHeaders())
  }

  write(chunk: Uint8Array | string): void {
    this.#hasBegun = true
    this.#response.write(chunk)
  }

  /**
   * A chunk that is framed already goes to the connection without the response in between, which would hand on three pieces,
   * to be put together for every client. Not before earlier responses are through: until then there is no socket.
   */
  writeShared(chunk: SharedChunk): void {
    const response = this.#response
    if (!this.#hasBegun) response.flushHeaders()
    this.#hasBegun = true
    const { socket } = response
    if (socket && response.chunkedEncoding && !response.writableEnded) socket.write(chunk.framed)
    else response.write(chunk.bytes)
  }

  send(chunk: Uint8Array): Promise<boolean> {
    this.#hasBegun = true
    return sent(this.#response, chunk)
  }

  pendingBytes(): number {
    return this.#response.writableLength // with what waits in the socket
  }

  drained(): Promise<void> {
    return drained(this.#response.socket ?? this.#response)
  }

  whenGone(gone: () => void): void {
    if (this.#response.destroyed) gone()
    else this.#response.on('close', () => this.#response.writableEnded || gone())
  }

  end(): void {
    this.#hasBegun = true
    this.#response.end()
  }

  destroy(): void {
    this.#response.destroy()
  }
}
