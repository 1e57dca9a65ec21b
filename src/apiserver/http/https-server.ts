import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type ListenOptions, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createServer as createTlsServer, DEFAULT_CIPHERS, type SecureContextOptions, type TLSSocket } from 'node:tls'
import { systemClock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { createServer } from '../../base/node-http.ts'
import type { Exchange, Lasting } from './exchange.ts'
import { Http1Connection } from './http1/http1-connection.ts'
import { NodeExchange } from './http1/node-exchange.ts'
import { Http2Connection } from './http2/http2-connection.ts'
import { RequestBatch } from './request-batch.ts'

export interface HttpsServerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /**
   * Others of this process listen at the same address (SO_REUSEPORT): of the shares that all of them name, the kernel gives
   * this one as many of the connections. Nobody else may listen there when it is left out.
   */
  readonly portShares?: number
  /** Certificate, key and the authorities of client certificates. */
  readonly tls: SecureContextOptions
  readonly log: Logger
  /** Answers a request; resolves to what goes on then. */
  handle(exchange: Exchange): Promise<Lasting | undefined>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
}

const HEADERS_TIMEOUT_MS = 30_000
const REQUEST_TIMEOUT_MS = 60_000
const HANDSHAKE_TIMEOUT_MS = 10_000
const SHUTDOWN_MS = 10_000
const KEEP_ALIVE_MS = 90_000
/** Requests that begin in one turn of the event loop: a few milliseconds' worth of writes. */
const BATCH = 32

/** Requests without a body come as streams that have ended: most requests, and nothing is to be waited for. */
const HTTP1 = { keepAliveTimeout: KEEP_ALIVE_MS, highWaterMark: 64 * 1024, optimizeEmptyRequests: true }

const AES_128 = 'TLS_AES_128_GCM_SHA256'
/** Node's, but for TLS 1.3 with AES-128 first, as Go prefers it: it takes four fifths of the time of AES-256. */
const CIPHERS = [AES_128, ...DEFAULT_CIPHERS.split(':').filter((cipher) => cipher !== AES_128)].join(':')

/** HTTP/1.1 and HTTP/2 on one TLS port. Clients may show a certificate; whether it is good is for authentication. */
export class HttpsServer {
  readonly #options: HttpsServerOptions
  /** Never listens itself: it gets the connections of HTTP/1.1 on which something else than plain requests comes. */
  readonly #http1 = createServer(HTTP1)
  readonly #plain = new Set<Http1Connection>()
  readonly #tls
  /** Each brings the TLS server another share of the connections. */
  readonly #shares: Server[] = []
  readonly #http2 = new Set<Http2Connection>()
  readonly #sockets = new Set<TLSSocket>()
  /** Requests that have begun and not ended. */
  #running = 0
  /** Called when the last of them has ended. */
  #idle: (() => void) | undefined
  readonly #batch = new RequestBatch(BATCH)

  constructor(options: HttpsServerOptions) {
    this.#options = options
    this.#tls = createTlsServer({
      ...options.tls,
      ALPNProtocols: ['h2', 'http/1.1'],
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
    })
    this.#tls.on('secureConnection', (socket) => this.#accept(socket))
    this.#tls.on('tlsClientError', (error) => options.log.debug('a TLS handshake failed', { error }))
    this.#configureHttp1()
  }

  /** Resolves when the port is open; rejects when it is taken. */
  async listen(): Promise<AddressInfo> {
    const { host, port, portShares = 0 } = this.#options
    await listening(this.#tls, { host, port, reusePort: portShares > 0 })
    const address = this.address()
    for (let share = 1; share < portShares; share++) {
      const server = createTcpServer((socket) => this.#tls.emit('connection', socket))
      this.#shares.push(server)
      await listening(server, { host, port: address.port, reusePort: true })
    }
    return address
  }

  address(): AddressInfo {
    return this.#tls.address() as AddressInfo
  }

  /** Serves with another certificate from now on; connections that are open keep theirs. */
  renew(tls: SecureContextOptions): void {
    this.#tls.setSecureContext({ ...tls, ciphers: CIPHERS })
  }

  /** Takes no more connections, lets the requests that run be answered, at most 10 s, then closes what is left. */
  async close(): Promise<void> {
    const closed = Promise.all([this.#tls, ...this.#shares].map((server) => closing(server)))
    for (const connection of [...this.#http2, ...this.#plain]) connection.close()
    this.#http1.closeIdleConnections()
    const late = AbortSignal.timeout(SHUTDOWN_MS)
    const waited = new Promise<void>((resolve) => late.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([this.#drained(), waited])
    for (const socket of this.#sockets) socket.destroy()
    this.#http1.close()
    await closed
  }

  /** Requests are answered, and the answers have left: connections close by themselves. */
  async #drained(): Promise<void> {
    while (this.#running > 0 || !this.#batch.isEmpty) {
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
      await nextTurn()
    }
    const open = [...this.#sockets]
    for (const socket of open) if (socket.alpnProtocol !== 'h2') socket.end()
    await Promise.all(open.map((socket) => closedOf(socket)))
  }

  #accept(socket: TLSSocket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 30_000)
    if (socket.alpnProtocol === 'h2') this.#acceptHttp2(socket)
    else this.#acceptHttp1(socket)
  }

  #acceptHttp1(socket: TLSSocket): void {
    const connection = new Http1Connection({
      socket,
      idleMs: KEEP_ALIVE_MS,
      requestMs: REQUEST_TIMEOUT_MS,
      handle: (exchange) => this.#handle(exchange),
      handOver: () => {
        leave()
        this.#http1.emit('connection', socket)
      },
    })
    const leave = () => {
      socket.off('close', leave)
      this.#plain.delete(connection)
    }
    this.#plain.add(connection)
    socket.on('close', leave)
  }

  #acceptHttp2(socket: TLSSocket): void {
    const { log } = this.#options
    const handle = (exchange: Exchange) => this.#handle(exchange)
    const connection = new Http2Connection({ socket, clock: systemClock, log, handle })
    this.#http2.add(connection)
    socket.on('close', () => this.#http2.delete(connection))
  }

  #configureHttp1(): void {
    const http1 = this.#http1
    http1.headersTimeout = HEADERS_TIMEOUT_MS
    http1.requestTimeout = REQUEST_TIMEOUT_MS
    http1.on('request', (request, response) => this.#handle(new NodeExchange(request, response)))
    http1.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      this.#track(this.#options.upgrade(request, socket, head).then(() => undefined))
    })
    http1.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
      else socket.destroy()
    })
    http1.emit('listening') // starts the timer that ends half requests: http.Server does that when it listens
  }

  #handle(exchange: Exchange): void {
    this.#batch.add(() => this.#track(this.#options.handle(exchange)))
  }

  #track(request: Promise<Lasting | undefined>): void {
    this.#running++
    request.then(
      (lasting) => (lasting ? lasting.whenEnded(this.#ended) : this.#ended()),
      (error) => {
        this.#ended()
        this.#options.log.error('a request broke down', { error })
      },
    )
  }

  readonly #ended = (): void => {
    this.#running--
    if (this.#running === 0) this.#idle?.()
  }
}

/** Resolves when the port is open; rejects when it is taken. */
async function listening(server: Server, at: ListenOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(at, resolve)
  await promise
  server.off('error', reject)
}

const closing = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()))

const closedOf = (socket: TLSSocket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
