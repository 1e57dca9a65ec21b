import { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { type Body, bodyLength } from '../body.ts'
import { drained } from '../drained.ts'
import { BodyTooLarge, type Exchange, type ResponseHeaders, type ResponseStream } from '../exchange.ts'
import { sent } from '../sent.ts'
import type { SharedChunk } from '../shared-chunk.ts'
import type { RequestHead } from './request-head.ts'
import { responseHead } from './response-head.ts'

export interface PlainExchangeInit {
  readonly head: RequestHead
  readonly body: Uint8Array
  readonly socket: TLSSocket
  /** Whether the connection is to be closed after the answer. */
  isLast(): boolean
  /** Called when the answer has been written. */
  answered(): void
}

/** Larger bodies are not copied behind their head. */
const COPIED_BYTES = 16 * 1024
const LINE_BREAK = Buffer.from('\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/** An exchange by HTTP/1.1 whose request was read whole before it began. */
export class PlainExchange implements Exchange {
  readonly method: string
  readonly url: string
  readonly headers
  readonly socket: TLSSocket
  readonly #init: PlainExchangeInit
  #isAnswered = false
  #isOver = false
  #aborted: AbortController | undefined
  #whenGone: (() => void) | undefined

  constructor(init: PlainExchangeInit) {
    this.#init = init
    this.method = init.head.method
    this.url = init.head.url
    this.headers = init.head.headers
    this.socket = init.socket
  }

  get incoming(): Readable {
    return Readable.from(this.hasBody ? [this.#init.body] : [], { objectMode: false })
  }

  get hasBody(): boolean {
    return this.#init.body.length > 0
  }

  get signal(): AbortSignal {
    if (!this.#aborted) {
      this.#aborted = new AbortController()
      if (this.socket.destroyed) this.gone()
    }
    return this.#aborted.signal
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  /** The connection has closed. */
  gone(): void {
    if (this.#isOver) return
    this.#aborted?.abort()
    this.#whenGone?.()
  }

  /** Calls `gone` when the connection closes before the answer is over. */
  whenGone(gone: () => void): void {
    if (this.socket.destroyed) gone()
    else this.#whenGone = gone
  }

  /** The answer has been written. */
  over(): void {
    this.#isOver = true
    this.#init.answered()
  }

  async body(limit: number): Promise<Uint8Array> {
    const { body } = this.#init
    if (body.length > limit) throw new BodyTooLarge()
    return body
  }

  respond(status: number, headers: ResponseHeaders, body: Body): void {
    const length = bodyLength(body)
    headers['content-length'] = length
    const head = this.#head(status, headers)
    if (this.method === 'HEAD') this.socket.write(head, 'latin1')
    else if (body instanceof Uint8Array && length > COPIED_BYTES) this.#writeApart(head, body)
    else this.#writeTogether(head, body, length)
    this.over()
  }

  stream(status: number, headers: ResponseHeaders): ResponseStream {
    const isBodiless = this.method === 'HEAD' || status === 204 || status === 304
    const isChunked = !isBodiless && headers['content-length'] === undefined
    if (isChunked) headers['transfer-encoding'] = 'chunked'
    const head = this.#head(status, headers)
    return new PlainStream(this, head, isBodiless ? 'none' : isChunked ? 'chunked' : 'length')
  }

  #head(status: number, headers: ResponseHeaders): string {
    const head = responseHead(status, headers, this.#init.isLast())
    this.#isAnswered = true
    return head
  }

  #writeApart(head: string, body: Uint8Array): void {
    this.socket.cork()
    this.socket.write(head, 'latin1')
    this.socket.write(body)
    this.socket.uncork()
  }

  /** One write, so one TLS record and one system call. */
  #writeTogether(head: string, body: Body, length: number): void {
    const answer = Buffer.allocUnsafe(head.length + length)
    answer.write(head, 0, 'latin1')
    if (typeof body === 'string') answer.write(body, head.length, 'utf8')
    else if (body instanceof Uint8Array) answer.set(body, head.length)
    else body.copyJson(answer, head.length, 0)
    this.socket.write(answer)
  }
}

/** How the client finds the end of an answer: by chunks, by the length it was told; or there is nothing to find. */
type Framing = 'chunked' | 'length' | 'none'

class PlainStream implements ResponseStream {
  readonly #exchange: PlainExchange
  readonly #socket: TLSSocket
  readonly #framing: Framing
  /** What is to go out before anything else. */
  #head: string | undefined

  /** The head goes out with what is written in the same turn, or without. */
  constructor(exchange: PlainExchange, head: string, framing: Framing) {
    this.#exchange = exchange
    this.#socket = exchange.socket
    this.#framing = framing
    this.#head = head
    process.nextTick(() => this.#flushHead())
  }

  write(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    this.#together(() => this.#framed(bytes, () => void this.#socket.write(bytes)))
  }

  /** What several are told was framed once. */
  writeShared(chunk: SharedChunk): void {
    if (this.#framing !== 'chunked') return this.write(chunk.bytes)
    this.#flushHead()
    this.#socket.write(chunk.framed)
  }

  send(chunk: Uint8Array): Promise<boolean> {
    let result = Promise.resolve(true)
    this.#together(() =>
      this.#framed(chunk, () => {
        result = sent(this.#socket, chunk)
      }),
    )
    return result
  }

  pendingBytes(): number {
    return this.#socket.writableLength
  }

  drained(): Promise<void> {
    return drained(this.#socket)
  }

  whenGone(gone: () => void): void {
    this.#exchange.whenGone(gone)
  }

  end(): void {
    this.#flushHead()
    if (this.#framing === 'chunked') this.#socket.write(LAST_CHUNK)
    this.#exchange.over()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #framed(chunk: Uint8Array, write: () => void): void {
    if (this.#framing === 'none' || chunk.length === 0) return
    if (this.#framing === 'length') return write()
    this.#socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
    write()
    this.#socket.write(LINE_BREAK)
  }

  /** In one write, with the head if that has not gone out. */
  #together(write: () => void): void {
    this.#socket.cork()
    this.#flushHead()
    write()
    this.#socket.uncork()
  }

  #flushHead(): void {
    const head = this.#head
    this.#head = undefined
    if (head !== undefined && !this.#socket.destroyed) this.#socket.write(head, 'latin1')
  }
}
