import { once } from 'node:events'
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from '../base/clock.ts'
import { Http2Connection, type Http2ConnectionOptions } from '../base/http2/client/http2-connection.ts'
import type { Headers, StreamFailure, StreamSink } from '../base/http2/client/stream.ts'
import { Flag, FrameType, frame, PREFACE, settingsFrame } from '../base/http2/frame.ts'
import { type Frame, FrameReader } from '../base/http2/frame-reader.ts'

/** One end of a connection, on which a test sends the bytes it likes. */
export class RawPeer {
  readonly socket: Socket
  /** What the other end has sent and nobody has taken with `next`. */
  readonly frames: Frame[] = []
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>
  #isClosed = false
  #pings = 0
  #wake = Promise.withResolvers<void>()

  /** `prefaceBytes`: what comes before the first frame; nothing does from a server. */
  constructor(socket: Socket, prefaceBytes: number = PREFACE.length) {
    this.socket = socket
    const reader = new FrameReader()
    let preface = prefaceBytes
    socket.on('error', () => {}) // its close is what counts
    socket.on('data', (chunk: Buffer) => {
      const skipped = Math.min(preface, chunk.length)
      preface -= skipped
      reader.read(chunk.subarray(skipped), (frame) => this.frames.push(frame))
      this.#notify()
    })
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true
        this.#notify()
        resolve()
      })
    })
  }

  /** All in one write. */
  send(...pieces: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(pieces))
  }

  /** Takes the first frame of this type, when it has come; undefined when the connection ends without it. */
  async next(type: FrameType, isIt: (frame: Frame) => boolean = () => true): Promise<Frame | undefined> {
    while (true) {
      const at = this.frames.findIndex((frame) => frame.type === type && isIt(frame))
      if (at >= 0) return this.frames.splice(at, 1)[0]
      if (this.#isClosed) return undefined
      await this.#wake.promise
    }
  }

  /** Resolves when the other end has taken in all that was sent: a ping is answered; to false when it is not any more. */
  async taken(): Promise<boolean> {
    const mark = Buffer.alloc(8)
    mark.writeUInt32BE(++this.#pings, 4)
    this.send(frame(FrameType.Ping, 0, 0, mark))
    return !!(await this.next(FrameType.Ping, ({ flags, payload }) => flags === Flag.Ack && payload.equals(mark)))
  }

  /** The code of the farewell; undefined when the connection ends without one. */
  async goAwayCode(): Promise<number | undefined> {
    return (await this.next(FrameType.GoAway))?.payload.readUInt32BE(4)
  }

  #notify(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }
}

export interface RawPair extends AsyncDisposable {
  readonly peer: RawPeer
  /** The client's end; resolves when the peer has sent its settings. */
  readonly opened: Promise<Http2Connection>
  readonly socket: Socket
}

export interface RawPairOptions extends Partial<Http2ConnectionOptions> {
  /** What the peer begins with; settings without a word by default. */
  readonly greeting?: Uint8Array
}

/** A connection between the client's end under test and a peer that sends chosen bytes. */
export async function rawPair({ greeting, clock = systemClock, firstStream }: RawPairOptions = {}): Promise<RawPair> {
  const arrived = Promise.withResolvers<RawPeer>()
  const server = await rawServer((peer) => arrived.resolve(peer))
  const socket = connect({ host: '127.0.0.1', port: server.port, noDelay: true })
  const [peer] = await Promise.all([arrived.promise, once(socket, 'connect')])
  const opened = Http2Connection.open(socket, { clock, ...(firstStream !== undefined && { firstStream }) })
  opened.catch(() => {}) // the test looks at it
  peer.send(greeting ?? settingsFrame([]))
  return {
    peer,
    opened,
    socket,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}

export interface RawServer extends AsyncDisposable {
  readonly port: number
  /** All that have come, in order. */
  readonly peers: readonly RawPeer[]
}

/** A server whose connections a test plays. */
export async function rawServer(play: (peer: RawPeer) => void = () => {}): Promise<RawServer> {
  const peers: RawPeer[] = []
  const server = createServer((socket) => {
    const peer = new RawPeer(socket)
    peers.push(peer)
    play(peer)
  })
  return {
    port: await listen(server),
    peers,
    async [Symbol.asyncDispose]() {
      for (const { socket } of peers) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface Http2Server extends AsyncDisposable {
  readonly port: number
  readonly sessions: ReadonlySet<ServerHttp2Session>
  /** A connection of the client under test to it, closed together with it. */
  open(clock?: Clock): Promise<Http2Connection>
}

/** A server of node:http2, which is nghttp2, that speaks without TLS. */
export async function http2Server(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  options: ServerOptions = {},
): Promise<Http2Server> {
  const server = createHttp2Server(options)
  const sessions = new Set<ServerHttp2Session>()
  const connections = new Set<Http2Connection>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {}).on('close', () => sessions.delete(session))
    session.on('stream', (stream, headers) => {
      stream.on('error', () => {}) // a client that cancels
      onStream(stream, headers)
    })
  })
  const port = await listen(server)
  return {
    port,
    sessions,
    async open(clock = systemClock) {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true })
      await once(socket, 'connect')
      const connection = await Http2Connection.open(socket, { clock })
      connections.add(connection)
      return connection
    },
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.close()
      for (const session of sessions) session.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Notes what a stream is told, and that it is told nothing after its end. */
export class Recorder implements StreamSink {
  readonly isPaced: boolean
  readonly headers: Record<string, string>[] = []
  /** Copies. */
  readonly pieces: Buffer[] = []
  bytes = 0
  failure: StreamFailure | undefined
  readonly #over = Promise.withResolvers<this>()
  #isOver = false

  constructor(options: { isPaced?: boolean } = {}) {
    this.isPaced = options.isPaced ?? false
  }

  /** Resolves at the end of the answer, or with its failure. */
  get over(): Promise<this> {
    return this.#over.promise
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString()
  }

  onHeaders(headers: Headers, isLast: boolean): void {
    this.#note(isLast)
    this.headers.push(Object.fromEntries(headers))
  }

  onData(bytes: Buffer, isLast: boolean): void {
    this.#note(isLast)
    this.bytes += bytes.length
    this.pieces.push(Buffer.from(bytes))
  }

  onFailed(failure: StreamFailure): void {
    this.#note(true)
    this.failure = failure
  }

  #note(isLast: boolean): void {
    if (this.#isOver) throw new Error('a stream was told something after its end')
    if (!isLast) return
    this.#isOver = true
    this.#over.resolve(this)
  }
}

/** On loopback; its port. */
async function listen(server: Server | ReturnType<typeof createHttp2Server>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
