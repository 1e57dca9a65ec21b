import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { type Answer, type Connection, JSON_TYPE, type Request } from './request.ts'
import { ResponseReader, type ResponseSink } from './response-reader.ts'
import type { Target } from './target.ts'

const NOBODY: ResponseSink = { head() {}, piece() {}, end() {} }
/**
 * What comes on every connection, one read after the other: without a buffer for each, and past the stream, an event to a watcher
 * costs its client seven tenths.
 */
const received = Buffer.allocUnsafeSlow(64 * 1024)

/** Opens an HTTP/1.1 connection; resolves after the handshake. */
export async function openHttp1(target: Target): Promise<Connection> {
  const { host, port, tls, token } = target
  let connection: Http1Connection | undefined
  const callback = (length: number): boolean => {
    connection?.take(received.subarray(0, length))
    return true
  }
  const onread = { buffer: received, callback }
  const socket = connect({ host, port, ...tls, ALPNProtocols: ['http/1.1'], onread } as ConnectionOptions)
  await once(socket, 'secureConnect')
  socket.setNoDelay(true)
  const common = `host: ${host}:${port}\r\n${token ? `authorization: Bearer ${token}\r\n` : ''}`
  connection = new Http1Connection(socket, common)
  return connection
}

class Http1Connection implements Connection {
  readonly #socket: TLSSocket
  readonly #common: string
  readonly #reader = new ResponseReader({
    head: (status) => this.#sink.head(status),
    piece: (bytes) => this.#sink.piece(bytes),
    end: () => this.#sink.end(),
  })
  /** Who hears of the response that is being read. */
  #sink = NOBODY
  #fail: (error: Error) => void = () => {}
  /** Why nothing can be sent any more. */
  #gone: Error | undefined

  constructor(socket: TLSSocket, common: string) {
    this.#socket = socket
    this.#common = common
    socket.resume() // for the end, which still comes by the stream
    socket.on('error', (error) => this.#lose(error))
    socket.on('close', () => this.#lose(new Error('the server closed the connection')))
  }

  /** Bytes that will be written over when it returns. */
  take(bytes: Buffer): void {
    this.#reader.feed(bytes)
  }

  send(request: Request): Promise<Answer> {
    if (this.#gone) return Promise.reject(this.#gone)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const kept: Buffer[] = []
    let status = 0
    let bytes = 0
    this.#fail = reject
    this.#sink = {
      head: (code) => {
        status = code
      },
      piece: (piece) => {
        bytes += piece.length
        if (request.keepsBody) kept.push(Buffer.from(piece))
      },
      end: () => resolve({ status, bytes, body: kept.length === 0 ? '' : Buffer.concat(kept).toString() }),
    }
    this.#write(request)
    return promise
  }

  stream(request: Request, take: (piece: Buffer) => void): Promise<() => void> {
    if (this.#gone) return Promise.reject(this.#gone)
    const { promise, resolve, reject } = Promise.withResolvers<() => void>()
    this.#fail = reject
    this.#sink = {
      ...NOBODY,
      head: (status) => (status === 200 ? resolve(() => this.close()) : reject(new Error(`refused: ${status}`))),
      piece: take,
    }
    this.#write(request)
    return promise
  }

  close(): void {
    this.#fail = () => {}
    this.#socket.destroy()
  }

  #lose(error: Error): void {
    this.#gone ??= error
    this.#fail(this.#gone)
  }

  #write({ method, path, body, type = JSON_TYPE, headers = {} }: Request): void {
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const content = body === undefined ? '' : `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#common}${more.join('')}${content}\r\n${body ?? ''}`)
  }
}
