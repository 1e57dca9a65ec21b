import type { Socket } from 'node:net'
import type { Clock } from '../../clock.ts'
import {
  DEFAULT_WINDOW,
  Flag,
  FRAME_HEAD_BYTES,
  FrameType,
  frame,
  goAwayFrame,
  isOfConnection,
  MAX_FRAME_BYTES,
  numberFrame,
  PREFACE,
  Setting,
  settingsFrame,
  withoutPadding,
  writeFrameHead,
} from '../frame.ts'
import { type Frame, FrameReader } from '../frame-reader.ts'
import { HeaderBlocks } from '../header-blocks.ts'
import { ErrorCode, Http2Error } from '../http2-error.ts'
import { readSettings } from '../settings.ts'
import { grown } from '../window.ts'
import { KeepAlive } from './keep-alive.ts'
import { Stream, type StreamOwner, type StreamSink } from './stream.ts'

export interface Http2ConnectionOptions {
  readonly clock: Clock
  /** For tests: the numbers of streams end at 2³¹−1. */
  readonly firstStream?: number
}

/** What one stream may send us before we have taken it in. */
const STREAM_WINDOW = 4 * 1024 * 1024
/** What all streams together may. */
const CONNECTION_WINDOW = 16 * 1024 * 1024
const LAST_STREAM = 2 ** 31 - 1
const NO_BYTES = Buffer.alloc(0)
/** The first field of a block: the table of header fields, which we do not use, has no size any more. */
const TABLE_OF_NOTHING = Buffer.of(0x20)

/**
 * The client's end of a connection of HTTP/2 with prior knowledge (RFC 9113), for requests whose headers are the same again
 * and again. What is sent in one turn of the event loop is one write. The peer's windows and limits are kept; whoever
 * breaks the protocol loses the connection, and every stream hears whether its request may have been carried out.
 */
export class Http2Connection implements StreamOwner {
  readonly #socket: Socket
  readonly #reader = new FrameReader()
  readonly #blocks = new HeaderBlocks()
  readonly #keepAlive: KeepAlive
  readonly #streams = new Map<number, Stream>()
  /** Streams that the peer's limit on their number does not let open yet, in order. */
  readonly #waiting: Stream[] = []
  /** Open streams with data that the connection's window has held up, in order. */
  readonly #blocked = new Set<Stream>()
  readonly #opened = Promise.withResolvers<void>()
  readonly #closed = Promise.withResolvers<Error>()
  /** Frames of this turn. */
  #out: Buffer[] = []
  #next: number
  #hasSettings = false
  #sendWindow = DEFAULT_WINDOW
  #uncredited = 0
  #peerWindow = DEFAULT_WINDOW
  #maxStreams = Number.POSITIVE_INFINITY
  #notice = NO_BYTES
  /** Why no further stream may begin. */
  #draining: string | undefined
  #fault: Error | undefined

  /** Takes a connected socket. Resolves when the peer has shown that it speaks HTTP/2. */
  static async open(socket: Socket, options: Http2ConnectionOptions): Promise<Http2Connection> {
    const connection = new Http2Connection(socket, options)
    await connection.#opened.promise
    return connection
  }

  private constructor(socket: Socket, { clock, firstStream = 1 }: Http2ConnectionOptions) {
    this.#socket = socket
    this.#next = firstStream
    this.#keepAlive = new KeepAlive({
      clock,
      isNeeded: () => this.#streams.size > 0,
      ping: (payload) => this.#write(frame(FrameType.Ping, 0, 0, payload)),
      onLost: () => this.#fail(new Error('the connection does not answer any more')),
    })
    this.#opened.promise.catch(() => {}) // whoever opens gets it
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection was closed')))
    this.#write(PREFACE)
    this.#write(
      settingsFrame([
        [Setting.EnablePush, 0],
        [Setting.InitialWindowSize, STREAM_WINDOW],
      ]),
    )
    this.#write(numberFrame(FrameType.WindowUpdate, 0, CONNECTION_WINDOW - DEFAULT_WINDOW))
  }

  /** Whether requests can begin here. */
  get isUsable(): boolean {
    return this.#hasSettings && this.#draining === undefined && this.#fault === undefined
  }

  /** Resolves with the reason when the connection is over. */
  get closed(): Promise<Error> {
    return this.#closed.promise
  }

  /** `head`: its fields, from `encodeHeaders`. Fails as unprocessed when the connection is not usable any more. */
  request(head: Buffer, sink: StreamSink): Stream {
    const stream = new Stream(this, head, sink)
    if (!this.isUsable) this.#refuse(stream)
    else if (this.#streams.size < this.#maxStreams) this.#open(stream)
    else this.#waiting.push(stream)
    return stream
  }

  /** Open streams fail. */
  close(): void {
    this.#goAway(ErrorCode.NoError)
    this.#fail(new Error('the connection was closed'))
  }

  advance(stream: Stream): void {
    while (stream.hasUnsent) {
      const room = Math.min(stream.sendWindow, this.#sendWindow, MAX_FRAME_BYTES)
      if (room <= 0) {
        this.#blocked.add(stream)
        return
      }
      this.#sendData(stream, room)
    }
    this.#blocked.delete(stream)
  }

  credit(stream: Stream, bytes: number): void {
    stream.uncredited -= bytes
    this.#write(numberFrame(FrameType.WindowUpdate, stream.id, bytes))
  }

  reset(stream: Stream, code: ErrorCode): void {
    if (stream.id !== 0) this.#write(numberFrame(FrameType.RstStream, stream.id, code))
    this.#forget(stream)
  }

  /** After the caller has got its stream. */
  #refuse(stream: Stream): void {
    const why = this.#draining ?? this.#fault?.message ?? 'the connection is not open'
    process.nextTick(() => {
      if (stream.isClosed) return
      stream.isClosed = true
      stream.sink.onFailed({ why, isUnprocessed: true })
    })
  }

  #open(stream: Stream): void {
    stream.id = this.#next
    stream.sendWindow = this.#peerWindow
    this.#next += 2
    this.#streams.set(stream.id, stream)
    this.#keepAlive.begin()
    const block = this.#notice.length > 0 ? Buffer.concat([this.#notice, stream.head]) : stream.head
    this.#notice = NO_BYTES
    this.#write(frame(FrameType.Headers, Flag.EndHeaders, stream.id, block))
    this.advance(stream)
    if (this.#next > LAST_STREAM) this.#drain('the connection has no more numbers for requests', [])
  }

  #sendData(stream: Stream, room: number): void {
    const { bytes, isLast } = stream.take(room)
    stream.sendWindow -= bytes.length
    this.#sendWindow -= bytes.length
    const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES)
    const flags = isLast ? Flag.EndStream : 0
    writeFrameHead(head, 0, { type: FrameType.Data, flags, stream: stream.id, length: bytes.length })
    this.#write(head)
    this.#write(bytes)
    stream.isLocalEnded = isLast
  }

  /** After promises have settled: what they send goes along. */
  #write(bytes: Buffer): void {
    if (this.#fault) return
    if (this.#out.push(bytes) === 1) process.nextTick(() => this.#flush())
  }

  #flush(): void {
    const out = this.#out
    this.#out = []
    if (this.#fault === undefined && out.length > 0) this.#socket.write(out.length === 1 ? out[0]! : Buffer.concat(out))
  }

  #receive(chunk: Buffer): void {
    this.#keepAlive.heard()
    try {
      this.#reader.read(chunk, (received) => {
        if (!this.#fault) this.#take(received)
      })
    } catch (error) {
      this.#goAway(error instanceof Http2Error ? error.code : ErrorCode.InternalError)
      this.#fail(error as Error)
    }
  }

  #take(received: Frame): void {
    if (!this.#hasSettings && received.type !== FrameType.Settings) throw broken('it did not begin with its settings')
    if (this.#blocks.isIncomplete && received.type !== FrameType.Continuation) throw broken('a header was interrupted')
    if (received.stream !== 0 && isOfConnection(received.type)) throw broken('a frame of the connection names a stream')
    switch (received.type) {
      case FrameType.Data:
        return this.#takeData(received)
      case FrameType.Headers:
      case FrameType.Continuation:
        return this.#takeHeaders(received)
      case FrameType.RstStream:
        return this.#takeReset(received)
      case FrameType.Settings:
        return this.#takeSettings(received)
      case FrameType.PushPromise:
        throw broken('it pushes, which was forbidden')
      case FrameType.Ping:
        return this.#takePing(received)
      case FrameType.GoAway:
        return this.#takeGoAway(received)
      case FrameType.WindowUpdate:
        return this.#takeWindowUpdate(received)
      default: // PRIORITY, and what is to be ignored because it is not known (RFC 9113, 5.5)
    }
  }

  #takeData({ flags, stream: id, payload }: Frame): void {
    this.#creditConnection(payload.length)
    const stream = this.#find(id)
    if (!stream) return
    stream.uncredited += payload.length
    if (stream.uncredited > STREAM_WINDOW) throw new Http2Error(ErrorCode.FlowControlError, 'a stream sent too much')
    const bytes = withoutPadding(flags, payload)
    if (!bytes) throw broken('a frame has more padding than bytes')
    const isLast = (flags & Flag.EndStream) !== 0
    if (isLast) this.#endRemotely(stream)
    else if (!stream.sink.isPaced && stream.uncredited > STREAM_WINDOW / 2) this.credit(stream, stream.uncredited)
    if (stream.sink.isPaced && bytes.length < payload.length) stream.consumed(payload.length - bytes.length)
    stream.sink.onData(bytes, isLast)
  }

  /** The streams' windows hold the peer back; the connection's is open as long as we read. */
  #creditConnection(bytes: number): void {
    this.#uncredited += bytes
    if (this.#uncredited <= CONNECTION_WINDOW / 2) return
    this.#write(numberFrame(FrameType.WindowUpdate, 0, this.#uncredited))
    this.#uncredited = 0
  }

  #takeHeaders(received: Frame): void {
    const block = this.#blocks.add(received)
    if (!block) return
    const stream = this.#find(block.stream)
    if (!block.fields) throw new Http2Error(ErrorCode.EnhanceYourCalm, 'the fields of a header are too long')
    if (!stream) return
    if (block.isLast) this.#endRemotely(stream)
    stream.sink.onHeaders(new Map(block.fields), block.isLast)
  }

  #takeReset({ stream: id, payload }: Frame): void {
    if (payload.length !== 4) throw new Http2Error(ErrorCode.FrameSizeError, 'a reset has no code')
    const stream = this.#find(id)
    if (!stream) return
    const code = payload.readUInt32BE(0)
    this.#forget(stream)
    stream.sink.onFailed({
      why: `the request was reset with code ${code}`,
      isUnprocessed: code === ErrorCode.RefusedStream,
    })
  }

  #takeSettings({ flags, payload }: Frame): void {
    if (flags & Flag.Ack) {
      if (payload.length > 0) throw new Http2Error(ErrorCode.FrameSizeError, 'an acknowledgement says something')
      return
    }
    const settings = readSettings(payload)
    this.#write(frame(FrameType.Settings, Flag.Ack, 0, NO_BYTES)) // before what the new windows let through
    if (settings.headerTableSize !== undefined) this.#notice = TABLE_OF_NOTHING
    if (settings.maxConcurrentStreams !== undefined) this.#maxStreams = settings.maxConcurrentStreams
    if (settings.initialWindowSize !== undefined) this.#moveWindows(settings.initialWindowSize)
    this.#hasSettings = true
    this.#opened.resolve()
    this.#openWaiting()
  }

  /** The setting also moves the windows of streams that are open (RFC 9113, 6.9.2). */
  #moveWindows(size: number): void {
    const by = size - this.#peerWindow
    this.#peerWindow = size
    for (const stream of this.#streams.values()) {
      stream.sendWindow = grown(stream.sendWindow, by)
      this.advance(stream)
    }
  }

  #takePing({ flags, payload }: Frame): void {
    if (payload.length !== 8) throw new Http2Error(ErrorCode.FrameSizeError, 'a ping is not 8 bytes long')
    if (!(flags & Flag.Ack)) this.#write(frame(FrameType.Ping, Flag.Ack, 0, payload))
  }

  #takeGoAway({ payload }: Frame): void {
    if (payload.length < 8) throw new Http2Error(ErrorCode.FrameSizeError, 'a farewell is too short')
    const last = payload.readUInt32BE(0) & 0x7fffffff
    const unprocessed = [...this.#streams.values()].filter(({ id }) => id > last)
    this.#drain(farewell(payload), unprocessed)
  }

  /** Nothing more begins; the connection ends with its last stream. */
  #drain(why: string, unprocessed: readonly Stream[]): void {
    this.#draining = why
    for (const stream of [...unprocessed, ...this.#waiting.splice(0)]) {
      this.#forget(stream)
      stream.sink.onFailed({ why, isUnprocessed: true })
    }
    if (this.#streams.size === 0) this.#fail(new Error(why))
  }

  #takeWindowUpdate({ stream: id, payload }: Frame): void {
    if (payload.length !== 4) throw new Http2Error(ErrorCode.FrameSizeError, 'a window update has no size')
    const by = payload.readUInt32BE(0) & 0x7fffffff
    if (by === 0) throw broken('a window was to grow by nothing')
    if (id === 0) {
      this.#sendWindow = grown(this.#sendWindow, by)
      for (const stream of this.#blocked) this.advance(stream)
      return
    }
    const stream = this.#find(id)
    if (!stream) return
    stream.sendWindow = grown(stream.sendWindow, by)
    this.advance(stream)
  }

  /** Undefined for a stream that is over: what was under way then is nobody's. */
  #find(id: number): Stream | undefined {
    if (id === 0 || id % 2 === 0 || id >= this.#next) throw broken('it names a stream that nobody opened')
    return this.#streams.get(id)
  }

  /** The answer is complete; what is left of the request is not wanted (RFC 9113, 8.1). */
  #endRemotely(stream: Stream): void {
    if (stream.isLocalEnded) this.#forget(stream)
    else this.reset(stream, ErrorCode.Cancel)
  }

  #forget(stream: Stream): void {
    stream.isClosed = true
    this.#blocked.delete(stream)
    if (!this.#streams.delete(stream.id)) {
      const place = this.#waiting.indexOf(stream)
      if (place >= 0) this.#waiting.splice(place, 1)
    }
    this.#openWaiting()
    if (this.#draining && this.#streams.size === 0) this.#fail(new Error(this.#draining))
  }

  #openWaiting(): void {
    while (this.#waiting.length > 0 && this.#streams.size < this.#maxStreams && this.isUsable) {
      this.#open(this.#waiting.shift()!)
    }
  }

  /** As far as the socket takes it at once. */
  #goAway(code: ErrorCode): void {
    this.#write(goAwayFrame(0, code))
    this.#flush()
  }

  #fail(error: Error): void {
    if (this.#fault) return
    this.#fault = error
    this.#keepAlive.end()
    this.#socket.destroy()
    this.#opened.reject(error)
    this.#closed.resolve(error)
    const waiting = this.#waiting.splice(0)
    const open = [...this.#streams.values()]
    for (const stream of [...open, ...waiting]) this.#forget(stream)
    for (const { sink } of open) sink.onFailed({ why: error.message, isUnprocessed: false })
    for (const { sink } of waiting) sink.onFailed({ why: error.message, isUnprocessed: true })
  }
}

function farewell(payload: Buffer): string {
  const text = payload.subarray(8).toString('latin1').slice(0, 200)
  return `the peer closes the connection with code ${payload.readUInt32BE(4)}${text && ` (${text})`}`
}

function broken(what: string): Http2Error {
  return new Http2Error(ErrorCode.ProtocolError, what)
}
