import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../../base/clock.ts'
import {
  DEFAULT_WINDOW,
  Flag,
  FrameType,
  frame,
  goAwayFrame,
  isOfConnection,
  MAX_FRAME_BYTES,
  MAX_WINDOW,
  numberFrame,
  PREFACE,
  Setting,
  settingsFrame,
  withoutPadding,
} from '../../../base/http2/frame.ts'
import { type Frame, FrameReader } from '../../../base/http2/frame-reader.ts'
import { type HeaderBlock, HeaderBlocks } from '../../../base/http2/header-blocks.ts'
import { MAX_HEADER_LIST_BYTES } from '../../../base/http2/header-decoder.ts'
import { ErrorCode, Http2Error } from '../../../base/http2/http2-error.ts'
import { readSettings } from '../../../base/http2/settings.ts'
import { grown } from '../../../base/http2/window.ts'
import type { Logger } from '../../../base/log.ts'
import { drained } from '../drained.ts'
import type { Exchange } from '../exchange.ts'
import { Allowance } from './allowance.ts'
import { FrameWriter } from './frame-writer.ts'
import { Http2Exchange } from './http2-exchange.ts'
import { areTrailers, requestOf } from './request-fields.ts'
import { responseFields } from './response-fields.ts'
import { SendQueue } from './send-queue.ts'
import { ServerStream, type StreamOwner } from './server-stream.ts'

export interface Http2ConnectionDeps {
  readonly socket: TLSSocket
  readonly clock: Clock
  readonly log: Logger
  handle(exchange: Exchange): void
}

/** As upstream's --http2-max-streams-per-connection. */
const MAX_STREAMS = 1_000
/** What a stream may send before it is read. */
const STREAM_WINDOW = 256 * 1024
/** What all streams of a connection may. */
const CONNECTION_WINDOW = 4 * 1024 * 1024
/** Until the client's preface and settings. */
const OPENING_MS = 10_000
/** How long a client may go on with a request that has been answered. */
const LINGER_MS = 1_000
/** How long a client may take to read the last words. */
const FAREWELL_MS = 2_000
/** A client that asks for answers to pings and settings and does not read them is cut off. */
const MAX_UNREAD_BYTES = 1024 * 1024
/** Answers that the client does not take may hold this much before it may ask nothing more. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024
/** Requests taken back, and frames that do nothing: as many at once, and a second (CVE-2023-44487, CVE-2019-9512 to 9518). */
const IDLE_FRAMES = 1_000
const IDLE_FRAMES_PER_SECOND = 100
const NO_BYTES = Buffer.alloc(0)
const SETTINGS = settingsFrame([
  [Setting.MaxConcurrentStreams, MAX_STREAMS],
  [Setting.InitialWindowSize, STREAM_WINDOW],
  [Setting.MaxHeaderListSize, MAX_HEADER_LIST_BYTES],
])
const SETTINGS_ACK = frame(FrameType.Settings, Flag.Ack, 0, NO_BYTES)
/** The first field of a block: the table of fields, which we do not use, has no size any more. */
const TABLE_OF_NOTHING = '\x20'

/**
 * The server's end of a connection of HTTP/2 (RFC 9113): requests become exchanges. What is sent in one turn of the event loop
 * is one write, whichever streams it is of. Windows and limits are kept on both sides; a client that breaks the protocol, or
 * makes work that leads to nothing, loses the connection.
 */
export class Http2Connection implements StreamOwner {
  unsentBytes = 0
  readonly #deps: Http2ConnectionDeps
  readonly #socket: TLSSocket
  readonly #reader = new FrameReader()
  readonly #blocks = new HeaderBlocks()
  readonly #writer: FrameWriter
  readonly #idleFrames: Allowance
  readonly #streams = new Map<number, ServerStream>()
  readonly #queue: SendQueue
  /** Of the timer for the client's first words or for its last. */
  #cancelTimer: () => void
  /** How much of the preface is still to come. */
  #preface = PREFACE.length
  #hasSettings = false
  #last = 0
  #receiveWindow = CONNECTION_WINDOW
  #uncredited = 0
  #peerWindow = DEFAULT_WINDOW
  /** What the next head begins with: a client that makes its table smaller waits for it (RFC 7541, 4.2). */
  #notice = ''
  /** Streams that begin from now on are not answered. */
  #isClosing = false
  #isOver = false

  constructor(deps: Http2ConnectionDeps) {
    this.#deps = deps
    this.#socket = deps.socket
    this.#writer = new FrameWriter(deps.socket, this.#flushed)
    this.#queue = new SendQueue({ writer: this.#writer, sent: (stream) => this.#finish(stream) })
    this.#idleFrames = new Allowance(deps.clock, IDLE_FRAMES, IDLE_FRAMES_PER_SECOND)
    this.#cancelTimer = deps.clock.after(OPENING_MS, () => this.#fail(ErrorCode.SettingsTimeout, 'no settings came'))
    this.#socket.on('data', this.#receive)
    this.#socket.on('drain', this.#queue.rest)
    this.#socket.on('close', this.#closed)
    this.#writer.add(SETTINGS)
    this.#writer.add(numberFrame(FrameType.WindowUpdate, 0, CONNECTION_WINDOW - DEFAULT_WINDOW))
  }

  /** Takes no more requests; the connection ends with the answers to those that have begun. */
  close(): void {
    if (this.#isClosing || this.#isOver) return
    this.#isClosing = true
    this.#writer.add(goAwayFrame(this.#last, ErrorCode.NoError))
    this.#endIfDone()
  }

  sendHead(stream: ServerStream, answer: string): void {
    const fields = this.#notice + answer
    this.#notice = ''
    const isAll = stream.isEnded
    const flags = isAll ? Flag.EndStream : 0
    const first = fields.length > MAX_FRAME_BYTES ? fields.slice(0, MAX_FRAME_BYTES) : fields
    const isWhole = first.length === fields.length
    const { id } = stream
    this.#writer.addText(
      { type: FrameType.Headers, flags: isWhole ? flags | Flag.EndHeaders : flags, stream: id },
      first,
    )
    for (let at = first.length; at < fields.length; at += MAX_FRAME_BYTES) {
      const isLast = at + MAX_FRAME_BYTES >= fields.length
      const head = { type: FrameType.Continuation, flags: isLast ? Flag.EndHeaders : 0, stream: id }
      this.#writer.addText(head, fields.slice(at, at + MAX_FRAME_BYTES))
    }
    if (isAll) this.#finish(stream)
  }

  advance(stream: ServerStream): void {
    if (stream.hasMore) this.#queue.add(stream)
  }

  drained(): Promise<void> {
    return drained(this.#socket)
  }

  credit(stream: ServerStream, bytes: number): void {
    this.#creditConnection(bytes)
    stream.uncredited += bytes
    if (stream.isRemoteEnded || stream.isClosed || stream.uncredited <= STREAM_WINDOW / 2) return
    this.#writer.add(numberFrame(FrameType.WindowUpdate, stream.id, stream.uncredited))
    stream.receiveWindow += stream.uncredited
    stream.uncredited = 0
  }

  reset(stream: ServerStream, code: ErrorCode): void {
    this.#writer.add(numberFrame(FrameType.RstStream, stream.id, code))
    this.#forget(stream)
  }

  readonly #closed = (): void => {
    this.#isOver = true
    this.#cancelTimer()
    for (const stream of [...this.#streams.values()]) this.#forget(stream)
  }

  /** What was held back by the size of a write goes on in the next turn; what the client holds back, when it has taken more. */
  readonly #flushed = (): void => {
    if (!this.#socket.writableNeedDrain) this.#queue.rest()
    if (this.#isClosing) this.#endIfDone()
  }

  /**
   * All of the answer has been sent. What is still to come of the request is for nobody (RFC 9113, 8.1), but it is taken for a
   * while: there are clients that do not find the answer when they are interrupted.
   */
  #finish(stream: ServerStream): void {
    if (stream.isRemoteEnded) return this.#forget(stream)
    stream.sent()
    this.#deps.clock.after(LINGER_MS, () => stream.isClosed || this.reset(stream, ErrorCode.NoError))
  }

  /** The client has sent all of its request. */
  #endedRemotely(stream: ServerStream): void {
    if (stream.isSent && !stream.isClosed) this.#forget(stream)
  }

  #forget(stream: ServerStream): void {
    this.#queue.remove(stream)
    this.#streams.delete(stream.id)
    stream.close()
    if (this.#isClosing) this.#endIfDone()
  }

  #endIfDone(): void {
    if (this.#isOver || this.#streams.size > 0) return
    this.#isOver = true
    this.#hangUp()
  }

  /** When what was sent has gone out, as far as the client takes it. */
  #hangUp(): void {
    this.#writer.flush()
    this.#socket.setTimeout(FAREWELL_MS, () => this.#socket.destroy())
    this.#socket.destroySoon()
  }

  readonly #receive = (chunk: Buffer): void => {
    try {
      const bytes = this.#preface > 0 ? this.#afterPreface(chunk) : chunk
      this.#reader.read(bytes, (received) => {
        if (!this.#isOver) this.#take(received)
      })
    } catch (error) {
      if (!(error instanceof Http2Error)) this.#deps.log.error('a connection broke down', { error })
      this.#fail(error instanceof Http2Error ? error.code : ErrorCode.InternalError, (error as Error).message)
    }
  }

  #afterPreface(chunk: Buffer): Buffer {
    const expected = PREFACE.subarray(PREFACE.length - this.#preface).subarray(0, chunk.length)
    if (!chunk.subarray(0, expected.length).equals(expected)) throw broken('it did not begin with the preface')
    this.#preface -= expected.length
    return chunk.subarray(expected.length)
  }

  #fail(code: ErrorCode, why: string): void {
    if (this.#isOver) return
    this.#writer.add(goAwayFrame(this.#last, code, why))
    this.#hangUp()
    this.#closed()
    this.#cancelTimer = this.#deps.clock.after(FAREWELL_MS, () => this.#socket.destroy()) // though it goes on sending
  }

  #take(received: Frame): void {
    const { type, stream } = received
    if (!this.#hasSettings && type !== FrameType.Settings) throw broken('it did not begin with its settings')
    if (this.#blocks.isIncomplete && type !== FrameType.Continuation) throw broken('a header was interrupted')
    if (stream === 0 ? isOfStream(type) : isOfConnection(type)) throw broken('a frame is not where it belongs')
    switch (type) {
      case FrameType.Data:
        return this.#takeData(received)
      case FrameType.Headers:
      case FrameType.Continuation:
        return this.#takeHeaders(received)
      case FrameType.Priority:
        if (received.payload.length !== 5) throw sized('a priority')
        return this.#spend()
      case FrameType.RstStream:
        return this.#takeReset(received)
      case FrameType.Settings:
        return this.#takeSettings(received)
      case FrameType.PushPromise:
        throw broken('a client does not push')
      case FrameType.Ping:
        return this.#takePing(received)
      case FrameType.GoAway:
        if (received.payload.length < 8) throw sized('a farewell')
        return this.#spend()
      case FrameType.WindowUpdate:
        return this.#takeWindowUpdate(received)
      default:
        return this.#spend() // to be ignored because it is not known (RFC 9113, 5.5)
    }
  }

  /** A frame that does nothing has come. */
  #spend(): void {
    if (!this.#idleFrames.take()) throw new Http2Error(ErrorCode.EnhanceYourCalm, 'too many frames that do nothing')
  }

  #takeData({ flags, stream: id, payload }: Frame): void {
    const bytes = withoutPadding(flags, payload)
    if (!bytes) throw broken('a frame has more padding than bytes')
    const isLast = (flags & Flag.EndStream) !== 0
    if (bytes.length === 0 && !isLast) this.#spend()
    this.#receiveWindow -= payload.length
    if (this.#receiveWindow < 0) throw new Http2Error(ErrorCode.FlowControlError, 'the connection sent too much')
    const stream = this.#find(id)
    if (!stream) return this.#creditConnection(payload.length) // it is over, and this was under way
    stream.receiveWindow -= payload.length
    if (stream.receiveWindow < 0) throw new Http2Error(ErrorCode.FlowControlError, 'a stream sent too much')
    if (stream.isRemoteEnded) {
      this.#creditConnection(payload.length)
      return this.#refuse(stream, ErrorCode.StreamClosed)
    }
    if (payload.length > bytes.length) this.credit(stream, payload.length - bytes.length)
    if (stream.receive(bytes, isLast)) {
      if (isLast) this.#endedRemotely(stream)
      return
    }
    this.#creditConnection(bytes.length)
    this.#refuse(stream, ErrorCode.ProtocolError)
  }

  /** A reset that the client has brought about costs as much as one of its own (CVE-2025-8671). */
  #refuse(stream: ServerStream, code: ErrorCode): void {
    this.#spend()
    this.reset(stream, code)
  }

  /** What nobody has taken yet is not credited: it bounds what all streams hold. */
  #creditConnection(bytes: number): void {
    this.#uncredited += bytes
    if (this.#uncredited <= CONNECTION_WINDOW / 4 || this.#isOver) return
    this.#writer.add(numberFrame(FrameType.WindowUpdate, 0, this.#uncredited))
    this.#receiveWindow += this.#uncredited
    this.#uncredited = 0
  }

  #takeHeaders(received: Frame): void {
    const block = this.#blocks.add(received)
    if (!block) return
    const stream = this.#streams.get(block.stream)
    if (stream) return this.#takeTrailers(stream, block)
    if (block.stream % 2 === 0) throw broken('a client opens odd streams')
    if (block.stream <= this.#last) return this.#spend() // it is over, and this was under way
    if (this.#isClosing) return
    this.#last = block.stream
    this.#open(block)
  }

  #takeTrailers(stream: ServerStream, { fields, isLast }: HeaderBlock): void {
    if (stream.isRemoteEnded) return this.#refuse(stream, ErrorCode.StreamClosed)
    const isGood = isLast && fields && areTrailers(fields) && stream.receive(NO_BYTES, true)
    if (isGood) this.#endedRemotely(stream)
    else this.#refuse(stream, ErrorCode.ProtocolError)
  }

  #open({ stream: id, fields, isLast }: HeaderBlock): void {
    if (this.#writer.pendingBytes > MAX_UNSENT_BYTES) {
      throw new Http2Error(ErrorCode.EnhanceYourCalm, 'answers are not read') // heads alone: no window holds them back
    }
    const stream = new ServerStream(this, id, { send: this.#peerWindow, receive: STREAM_WINDOW })
    if (this.#streams.size >= MAX_STREAMS || this.unsentBytes > MAX_UNSENT_BYTES) {
      return this.reset(stream, ErrorCode.RefusedStream)
    }
    this.#streams.set(id, stream)
    if (!fields) {
      stream.receive(NO_BYTES, isLast)
      return stream.head(responseFields(431, {}), true)
    }
    const request = requestOf(fields)
    if (!request) return this.#refuse(stream, ErrorCode.ProtocolError)
    stream.expect(request.bodyBytes)
    if (isLast && !stream.receive(NO_BYTES, true)) return this.#refuse(stream, ErrorCode.ProtocolError)
    this.#deps.handle(new Http2Exchange(stream, request, this.#socket))
  }

  #takeReset({ stream: id, payload }: Frame): void {
    if (payload.length !== 4) throw sized('a reset')
    this.#spend()
    const stream = this.#find(id)
    if (stream) this.#forget(stream)
  }

  #takeSettings({ flags, payload }: Frame): void {
    if (flags & Flag.Ack) {
      if (payload.length > 0) throw sized('an acknowledgement')
      return this.#spend()
    }
    if (this.#hasSettings) this.#spend()
    const { headerTableSize, initialWindowSize } = readSettings(payload)
    this.#hasSettings = true
    this.#cancelTimer()
    this.#answer(SETTINGS_ACK)
    if (headerTableSize !== undefined) this.#notice = TABLE_OF_NOTHING
    if (initialWindowSize !== undefined) this.#moveWindows(initialWindowSize)
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
    if (payload.length !== 8) throw sized('a ping')
    if (flags & Flag.Ack) this.#spend()
    else this.#answer(frame(FrameType.Ping, Flag.Ack, 0, payload))
  }

  #answer(bytes: Buffer): void {
    if (this.#writer.pendingBytes > MAX_UNREAD_BYTES) {
      throw new Http2Error(ErrorCode.EnhanceYourCalm, 'what it asks for is not read')
    }
    this.#writer.add(bytes)
  }

  #takeWindowUpdate({ stream: id, payload }: Frame): void {
    if (payload.length !== 4) throw sized('a window update')
    const by = payload.readUInt32BE(0) & 0x7fffffff
    if (id === 0) {
      if (by === 0) throw broken('a window was to grow by nothing')
      this.#queue.window = grown(this.#queue.window, by)
      return this.#queue.send()
    }
    const stream = this.#find(id)
    if (!stream) return
    if (by === 0) return this.#refuse(stream, ErrorCode.ProtocolError)
    if (stream.sendWindow + by > MAX_WINDOW) return this.#refuse(stream, ErrorCode.FlowControlError)
    stream.sendWindow += by
    this.advance(stream)
  }

  /** Undefined for a stream that is over: what was under way then is nobody's. */
  #find(id: number): ServerStream | undefined {
    if (id % 2 === 0 || (id > this.#last && !this.#isClosing)) throw broken('it names a stream that nobody opened')
    return this.#streams.get(id)
  }
}

const STREAM_FRAMES: readonly number[] = [
  FrameType.Data,
  FrameType.Headers,
  FrameType.Priority,
  FrameType.RstStream,
  FrameType.PushPromise,
  FrameType.Continuation,
]
const isOfStream = (type: number): boolean => STREAM_FRAMES.includes(type)

const broken = (what: string): Http2Error => new Http2Error(ErrorCode.ProtocolError, what)
const sized = (what: string): Http2Error => new Http2Error(ErrorCode.FrameSizeError, `${what} is not as long as it is`)
