import type { Clock } from '../../../base/clock.ts'
import type { Http2Connection } from '../../../base/http2/client/http2-connection.ts'
import { encodeHeaders } from '../../../base/http2/header-encoder.ts'
import { ErrorCode } from '../../../base/http2/http2-error.ts'
import { Connector, type ServerAddress } from './connector.ts'
import { GrpcCode, GrpcError } from './grpc-error.ts'
import { framed } from './message-framing.ts'
import { StreamCall, type StreamHandlers } from './stream-call.ts'
import { unaryAnswer } from './unary-answer.ts'

export interface GrpcClientOptions {
  readonly address: ServerAddress
  readonly clock: Clock
  /** Sent with every call. */
  readonly metadata: Readonly<Record<string, string>>
  /** What a new connection has to answer before it is used; it is given up when this rejects. */
  greet(call: UnaryCaller): Promise<void>
  /** Until a connection has been made and has answered. */
  readonly connectMs: number
}

/** Sends one message and resolves with the answer's, a view of what was read; rejects with GrpcError. */
export type UnaryCaller = (path: string, message: Uint8Array, timeoutMs: number) => Promise<Buffer>

/** There are few methods; of each, headers with so many different times are kept. */
const MAX_HEADS_OF_PATH = 16

/**
 * Calls of gRPC over HTTP/2 to one server, on one connection that is made when it is needed and again when it broke. A
 * call whose error says `unsent` was not and will not be carried out.
 */
export class GrpcClient {
  readonly #options: GrpcClientOptions
  readonly #connector: Connector
  /** The headers of calls by path and then by time, coded. */
  readonly #heads = new Map<string, Map<number | undefined, Buffer>>()

  constructor(options: GrpcClientOptions) {
    this.#options = options
    const { address, clock, connectMs, greet } = options
    this.#connector = new Connector({
      address,
      clock,
      connectMs,
      greet: (connection) => greet((path, message, timeoutMs) => this.#unary(connection, path, message, timeoutMs)),
    })
  }

  /** Whether calls go out at once. */
  get isConnected(): boolean {
    return this.#connector.connection !== undefined
  }

  /** Rejects with GrpcError `unsent`, or `answered` when the server refuses to be greeted; at once after a recent failure. */
  async connect(): Promise<void> {
    await this.#connector.connect()
  }

  unary: UnaryCaller = (path, message, timeoutMs) => {
    const connection = this.#connector.connection
    if (connection) return this.#unary(connection, path, message, timeoutMs)
    return this.#connector.connect().then((made) => this.#unary(made, path, message, timeoutMs))
  }

  /** Begins a call on the connection there is. */
  stream(path: string, handlers: StreamHandlers): StreamCall {
    const connection = this.#connector.connection
    if (!connection) throw new GrpcError(GrpcCode.Unavailable, 'there is no connection', 'unsent')
    const call = new StreamCall(handlers)
    call.begin(connection.request(this.#head(path), call.answer))
    return call
  }

  close(): void {
    this.#connector.close()
  }

  #unary(connection: Http2Connection, path: string, message: Uint8Array, timeoutMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const answering = unaryAnswer((error, answer) => {
        cancelTimer()
        if (!error) return resolve(answer)
        stream.cancel(ErrorCode.Cancel)
        reject(error)
      })
      const cancelTimer = this.#options.clock.after(timeoutMs, () => {
        const stage = stream.isWaiting ? 'unsent' : 'sent'
        stream.cancel(ErrorCode.Cancel)
        reject(new GrpcError(GrpcCode.DeadlineExceeded, `no answer after ${timeoutMs / 1000} s`, stage))
      })
      const stream = connection.request(this.#head(path, timeoutMs), answering)
      stream.send(framed(message), true)
    })
  }

  #head(path: string, timeoutMs?: number): Buffer {
    const known = this.#heads.get(path)?.get(timeoutMs)
    if (known) return known
    const head = this.#makeHead(path, timeoutMs)
    const ofPath = this.#heads.get(path) ?? new Map<number | undefined, Buffer>()
    this.#heads.set(path, ofPath)
    if (ofPath.size < MAX_HEADS_OF_PATH) ofPath.set(timeoutMs, head)
    return head
  }

  #makeHead(path: string, timeoutMs: number | undefined): Buffer {
    const { address, metadata } = this.#options
    return encodeHeaders({
      ':method': 'POST',
      ':scheme': address.tls ? 'https' : 'http',
      ':path': path,
      ':authority': address.host.includes(':')
        ? `[${address.host}]:${address.port}`
        : `${address.host}:${address.port}`,
      te: 'trailers',
      'content-type': 'application/grpc',
      'user-agent': 'navarch',
      ...(timeoutMs !== undefined && { 'grpc-timeout': `${Math.ceil(timeoutMs)}m` }),
      ...metadata,
    })
  }
}
