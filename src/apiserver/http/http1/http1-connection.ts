import type { TLSSocket } from 'node:tls'
import type { Exchange } from '../exchange.ts'
import { PlainExchange } from './plain-exchange.ts'
import { HeadReader, type RequestHead } from './request-head.ts'

export interface Http1ConnectionDeps {
  readonly socket: TLSSocket
  /** How long an idle connection stays open. */
  readonly idleMs: number
  /** How long a request may take to come. */
  readonly requestMs: number
  handle(exchange: Exchange): void
  /** Takes the connection over: listens for data when it returns, and is then told first what has come of a request already. */
  handOver(socket: TLSSocket): void
}

/** What may come of further requests while one is answered, before reading stops. */
const MAX_AHEAD_BYTES = 64 * 1024
const NOTHING = Buffer.alloc(0)
const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n'

/**
 * The requests of one connection by HTTP/1.1, one after the other, as long as they are plain. The first that is not makes the
 * connection over to Node's server, which reads all of HTTP, for good. Reads what most clients send for a third of the cost.
 */
export class Http1Connection {
  readonly #deps: Http1ConnectionDeps
  readonly #socket: TLSSocket
  readonly #heads = new HeadReader()
  /** What has come and is not part of a request that runs. */
  #rest: Buffer = NOTHING
  /** Of the request at the start of `#rest`, when its body is not all there. */
  #head: RequestHead | undefined
  #running: PlainExchange | undefined
  #deadline: NodeJS.Timeout | undefined
  #isClosing = false

  constructor(deps: Http1ConnectionDeps) {
    this.#deps = deps
    this.#socket = deps.socket
    this.#socket.on('data', this.#take)
    this.#socket.on('close', this.#closed)
    this.#socket.on('timeout', this.#idle)
    this.#socket.setTimeout(deps.idleMs)
  }

  /** Ends the connection after the request that runs, or now. */
  close(): void {
    this.#isClosing = true
    if (!this.#running) this.#socket.end()
  }

  readonly #take = (bytes: Buffer): void => {
    if (this.#isClosing) return
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    if (!this.#running) this.#next()
    else if (this.#rest.length > MAX_AHEAD_BYTES) this.#socket.pause()
  }

  readonly #closed = (): void => {
    clearTimeout(this.#deadline)
    this.#running?.gone()
  }

  readonly #idle = (): void => {
    if (!this.#running) this.#socket.destroy()
  }

  /** Begins the next request if it is there. */
  #next(): void {
    if (this.#rest.length === 0 || this.#isClosing) return
    const head = this.#head ?? this.#heads.read(this.#rest)
    if (head.kind === 'unusual') return this.#leave()
    if (head.kind === 'partial') return this.#wait()
    if (this.#rest.length < head.end + head.bodyBytes) {
      this.#head = head
      return this.#wait()
    }
    this.#begin(head)
  }

  #begin(head: RequestHead): void {
    clearTimeout(this.#deadline)
    this.#deadline = undefined
    this.#head = undefined
    const end = head.end + head.bodyBytes
    const body = this.#rest.subarray(head.end, end)
    this.#rest = end === this.#rest.length ? NOTHING : this.#rest.subarray(end)
    const exchange = new PlainExchange({
      head,
      body,
      socket: this.#socket,
      isLast: () => head.isLast || this.#isClosing,
      answered: () => this.#answered(head.isLast),
    })
    this.#running = exchange
    this.#deps.handle(exchange)
  }

  /** The next request may be there already; it waits for the client to take answers, and for a turn of its own. */
  #answered(isLast: boolean): void {
    this.#running = undefined
    if (isLast) this.#finish()
    else if (this.#isClosing) this.#socket.end()
    else if (this.#rest.length === 0) return
    else if (!this.#socket.writableNeedDrain) setImmediate(this.#goOn)
    else {
      this.#socket.pause()
      this.#socket.once('drain', this.#goOn)
    }
  }

  readonly #goOn = (): void => {
    if (this.#running || this.#socket.destroyed) return
    this.#socket.resume() // a request may be longer than what is taken ahead
    this.#next()
  }

  /** Time runs from the first byte of a request, however slowly the others follow. */
  #wait(): void {
    this.#deadline ??= setTimeout(() => this.#finish(TIMED_OUT), this.#deps.requestMs).unref()
  }

  /** Nothing more is taken, whatever still comes, and the connection closes when all has gone out. */
  #finish(last = ''): void {
    this.#isClosing = true
    this.#rest = NOTHING
    if (last !== '') this.#socket.write(last)
    this.#socket.destroySoon()
  }

  #leave(): void {
    clearTimeout(this.#deadline)
    this.#socket.off('data', this.#take)
    this.#socket.off('close', this.#closed)
    this.#socket.off('timeout', this.#idle)
    this.#socket.setTimeout(0)
    const rest = this.#rest
    this.#rest = NOTHING
    this.#deps.handOver(this.#socket)
    // At once, not by `unshift`: what comes next, maybe in this very turn, goes to Node's parser without passing the stream.
    this.#socket.emit('data', rest)
  }
}
