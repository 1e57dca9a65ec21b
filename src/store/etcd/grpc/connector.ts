import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../../../base/clock.ts'
import { Http2Connection } from '../../../base/http2/client/http2-connection.ts'
import { GrpcCode, GrpcError } from './grpc-error.ts'

export interface ServerTls {
  /** PEM. Without it the system's authorities are trusted. */
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** Absent for a connection in the clear. */
  readonly tls?: ServerTls
}

export interface ConnectorDeps {
  readonly address: ServerAddress
  readonly clock: Clock
  readonly connectMs: number
  greet(connection: Http2Connection): Promise<void>
}

/** After a failure nobody tries again so long, doubled each time. */
const FIRST_PAUSE_MS = 100
const LAST_PAUSE_MS = 1_000
const PROTOCOL = 'h2'
const CLOSED = 'the client is closed'

/** Makes one connection to a server, when somebody needs it, and the next when that is gone. */
export class Connector {
  readonly #deps: ConnectorDeps
  /** The newest, and older ones that end with their last call. */
  readonly #open = new Set<Http2Connection>()
  #connection: Http2Connection | undefined
  #connecting: Promise<Http2Connection> | undefined
  #failure: { readonly error: GrpcError; readonly until: number } | undefined
  #pauseMs = FIRST_PAUSE_MS
  #isClosed = false
  /** Of the attempt that is under way. */
  #socket: Socket | undefined

  constructor(deps: ConnectorDeps) {
    this.#deps = deps
  }

  /** One that has been greeted and takes requests. */
  get connection(): Http2Connection | undefined {
    return this.#connection?.isUsable ? this.#connection : undefined
  }

  /** All who ask meanwhile get the same. Rejects with GrpcError. */
  connect(): Promise<Http2Connection> {
    if (this.connection) return Promise.resolve(this.connection)
    if (this.#failure && this.#deps.clock.monotonic() < this.#failure.until) return Promise.reject(this.#failure.error)
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy(new GrpcError(GrpcCode.Unavailable, CLOSED, 'unsent'))
    for (const connection of this.#open) connection.close()
  }

  async #connect(): Promise<Http2Connection> {
    const { clock } = this.#deps
    try {
      const connection = await this.#attempt()
      this.#failure = undefined
      this.#pauseMs = FIRST_PAUSE_MS
      this.#connection = connection
      this.#open.add(connection)
      void connection.closed.then(() => this.#open.delete(connection))
      return connection
    } catch (cause) {
      const error = asGrpcError(cause as Error)
      this.#failure = { error, until: clock.monotonic() + this.#pauseMs }
      this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS)
      throw error
    }
  }

  async #attempt(): Promise<Http2Connection> {
    const { address, clock, connectMs, greet } = this.#deps
    if (this.#isClosed) throw new Error(CLOSED)
    const socket = openSocket(address)
    this.#socket = socket
    const cancel = clock.after(connectMs, () => {
      const why = `no connection to ${address.host}:${address.port} after ${connectMs / 1000} s`
      socket.destroy(new GrpcError(GrpcCode.DeadlineExceeded, why, 'unsent'))
    })
    try {
      await connected(socket, address)
      const connection = await Http2Connection.open(socket, { clock }).catch(silent)
      await greet(connection)
      if (this.#isClosed) throw new Error(CLOSED)
      return connection
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      cancel()
      this.#socket = undefined
    }
  }
}

function openSocket({ host, port, tls }: ServerAddress): Socket {
  if (!tls) return connectTcp({ host, port, noDelay: true })
  const servername = isIP(host) ? {} : { servername: host }
  return connectTls({ ...tls, host, port, ALPNProtocols: [PROTOCOL], ...servername }).setNoDelay()
}

/** Resolves when what is sent reaches the server. */
function connected(socket: Socket, { tls }: ServerAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error('the connection was closed'))
    socket.once('error', reject)
    socket.once('close', closed)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      socket.off('error', reject)
      socket.off('close', closed)
      resolve()
    })
  })
}

/** The connection was there, and ended before the server had shown what it speaks. */
function silent(error: Error): never {
  if (error instanceof GrpcError) throw error
  throw new Error(`the server did not answer in HTTP/2: ${error.message}`, { cause: error })
}

function asGrpcError(error: Error): GrpcError {
  if (error instanceof GrpcError && error.stage !== 'sent') return error
  return new GrpcError(GrpcCode.Unavailable, textOf(error), 'unsent', { cause: error })
}

/** A host with several addresses fails with one error for each. */
function textOf(error: Error): string {
  return error instanceof AggregateError ? error.errors.map(({ message }: Error) => message).join('; ') : error.message
}
