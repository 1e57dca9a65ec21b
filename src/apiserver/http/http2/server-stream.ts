import { ErrorCode } from '../../../base/http2/http2-error.ts'
import type { ResponseStream } from '../exchange.ts'
import type { SharedChunk } from '../shared-chunk.ts'
import { Gathered } from './gathered.ts'

/** What a stream needs of its connection. */
export interface StreamOwner {
  /** What its streams hold and have not sent; they keep it right. */
  unsentBytes: number
  /** Sends the head of the answer: a block of fields, each character a byte. */
  sendHead(stream: ServerStream, fields: string): void
  /** The stream has more to send, or may send more. */
  advance(stream: ServerStream): void
  /** Resolves when the connection takes more. */
  drained(): Promise<void>
  /** Bytes of the body have been taken: the client may send as many again. */
  credit(stream: ServerStream, bytes: number): void
  reset(stream: ServerStream, code: ErrorCode): void
}

/** Who takes the body of a request. */
export interface BodySink {
  /** A view of what was read. False: the client may send as much again when `credit` says so, otherwise at once. */
  data(bytes: Buffer): boolean
  end(): void
  /** The client has gone before the end. */
  gone(): void
}

/** What is to be sent of an answer's body. */
interface Piece {
  readonly bytes: Uint8Array
  /** Called when the bytes have been copied, or never will be. */
  readonly taken?: (went: boolean) => void
}

const NOTHING: readonly never[] = []
const NO_BYTES = Buffer.alloc(0)

/**
 * A request and its answer on a connection of HTTP/2. A connection may have very many that wait for something to happen, so it
 * holds little: no stream of Node's, no listener, no timer.
 */
export class ServerStream implements ResponseStream {
  readonly id: number
  readonly #owner: StreamOwner
  /** How much the client takes of this stream; negative after it has lowered its settings. */
  sendWindow: number
  /** How much the client may send. */
  receiveWindow: number
  /** Taken, and not given back to the client yet. */
  uncredited = 0
  /** The client has sent all of its request. */
  isRemoteEnded = false
  /** What the head of the request said that is still to come of its body. */
  #expected: number | undefined
  /** Nothing can be sent or received any more. */
  isClosed = false
  /** All of the answer has been sent. */
  isSent = false
  /** The answer has begun. */
  hasHead = false
  /** The answer is complete, though not all of it may have been sent. */
  #isEnded = false
  /** What came before anybody wanted it. */
  #received: Gathered | undefined
  #sink: BodySink | undefined
  /** What came and has not been credited, whoever has it. */
  #held = 0
  /** What the windows or the connection have not let through, in order. */
  #unsent: readonly Piece[] | Piece[] = NOTHING
  /** How much of the first piece has been sent. */
  #at = 0
  #unsentBytes = 0
  #whenGone: readonly (() => void)[] = NOTHING

  constructor(owner: StreamOwner, id: number, windows: { readonly send: number; readonly receive: number }) {
    this.#owner = owner
    this.id = id
    this.sendWindow = windows.send
    this.receiveWindow = windows.receive
  }

  /** `bytes`: what the body is said to have. */
  expect(bytes: number | undefined): void {
    this.#expected = bytes
  }

  /** A piece of the body, and whether it is the last. False when the body is not as long as was said. */
  receive(bytes: Buffer, isLast: boolean): boolean {
    if (this.#expected !== undefined) {
      this.#expected -= bytes.length
      if (this.#expected < 0 || (isLast && this.#expected > 0)) return false
    }
    this.isRemoteEnded = isLast
    if (bytes.length > 0) this.#take(bytes)
    if (isLast) this.#sink?.end()
    return true
  }

  /** From now on all of the body goes to `sink`, what has come of it at once. */
  read(sink: BodySink): void {
    if (this.isClosed) return sink.gone() // what had come of it was dropped
    const received = this.#received?.whole()
    this.#received = undefined
    if (received) this.#hand(sink, received)
    if (this.isRemoteEnded) return sink.end()
    this.#sink = sink
  }

  /** The body, if all of it has come and the client is still there. */
  wholeBody(): Buffer | undefined {
    if (!this.isRemoteEnded || this.isClosed) return undefined
    const bytes = this.#received?.whole() ?? NO_BYTES
    this.#received = undefined
    this.credit(bytes.length)
    return bytes
  }

  /** `bytes` of the body have been taken; the end of the stream credits what has not been until then. */
  credit(bytes: number): void {
    const credited = Math.min(bytes, this.#held)
    if (credited === 0) return
    this.#held -= credited
    this.#owner.credit(this, credited)
  }

  /** Sends the head of the answer and, when it is all, ends it. */
  head(fields: string, isAll: boolean): void {
    if (this.isClosed || this.hasHead) return
    this.hasHead = true
    this.#isEnded = isAll
    this.#owner.sendHead(this, fields)
  }

  /** Answers in one piece, which is not empty. */
  answer(fields: string, body: Uint8Array): void {
    if (this.isClosed || this.hasHead) return
    this.head(fields, false)
    this.#unsent = [{ bytes: body }]
    this.#count(body.length)
    this.end()
  }

  write(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (bytes.length > 0) this.#add({ bytes })
  }

  writeShared({ bytes }: SharedChunk): void {
    this.write(bytes)
  }

  send(chunk: Uint8Array): Promise<boolean> {
    if (this.isClosed) return Promise.resolve(false)
    if (chunk.length === 0) return Promise.resolve(true)
    return new Promise((taken) => this.#add({ bytes: chunk, taken }))
  }

  /** What the connection has taken is bounded by it. */
  pendingBytes(): number {
    return this.#unsentBytes
  }

  async drained(): Promise<void> {
    if (this.#unsentBytes > 0) await new Promise((taken) => this.#add({ bytes: new Uint8Array(), taken }))
    if (!this.isClosed) await this.#owner.drained()
  }

  whenGone(gone: () => void): void {
    if (this.isClosed) gone()
    else this.#whenGone = [...this.#whenGone, gone]
  }

  end(): void {
    if (this.isClosed || this.#isEnded) return
    this.#isEnded = true
    this.#owner.advance(this)
  }

  destroy(): void {
    this.cancel(ErrorCode.InternalError)
  }

  cancel(code: ErrorCode): void {
    if (!this.isClosed) this.#owner.reset(this, code)
  }

  /** Whether there is something to send, be it that nothing more follows. */
  get hasMore(): boolean {
    return !this.isSent && (this.#isEnded || this.#unsent.length > 0)
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  get hasPieces(): boolean {
    return this.#unsent.length > 0
  }

  get hasBytes(): boolean {
    return this.#unsentBytes > 0
  }

  /** At most `max` bytes of what is to be sent next, to be copied at once, and who is to hear of it then. */
  next(max: number): { readonly bytes: Uint8Array; readonly taken?: Piece['taken']; readonly isLast: boolean } {
    const { bytes, taken } = this.#unsent[0]!
    const end = Math.min(bytes.length, this.#at + max)
    const part = bytes.subarray(this.#at, end)
    this.#count(-part.length)
    this.sendWindow -= part.length
    if (end < bytes.length) {
      this.#at = end
      return { bytes: part, isLast: false }
    }
    this.#at = 0
    if (this.#unsent.length === 1) this.#unsent = NOTHING
    else (this.#unsent as Piece[]).shift()
    return { bytes: part, taken, isLast: this.#isEnded && this.#unsent.length === 0 }
  }

  /** All of the answer has been sent: what is still to come of the request is for nobody. */
  sent(): void {
    this.isSent = true
    this.#dropBody()
  }

  /** It is over: all has been sent and received, or nothing more will be. */
  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const { taken } of this.#unsent) taken?.(false)
    const isWhole = this.#isEnded && this.#unsent.length === 0
    this.#unsent = NOTHING
    this.#count(-this.#unsentBytes)
    this.#dropBody()
    const whenGone = this.#whenGone
    this.#whenGone = NOTHING
    if (!isWhole) for (const gone of whenGone) gone()
  }

  #dropBody(): void {
    this.#received = undefined
    this.credit(this.#held)
    if (!this.isRemoteEnded) this.#sink?.gone()
    this.#sink = undefined
  }

  #take(bytes: Buffer): void {
    this.#held += bytes.length
    if (!this.#sink && !this.#isEnded) {
      this.#received ??= new Gathered()
      this.#received.add(bytes)
      return
    }
    if (this.#sink) this.#hand(this.#sink, bytes)
    else this.credit(bytes.length)
  }

  #hand(sink: BodySink, bytes: Buffer): void {
    if (sink.data(bytes)) this.credit(bytes.length)
  }

  #add(piece: Piece): void {
    if (this.isClosed || this.#isEnded) return piece.taken?.(false)
    if (this.#unsent.length === 0) this.#unsent = [piece]
    else (this.#unsent as Piece[]).push(piece)
    this.#count(piece.bytes.length)
    this.#owner.advance(this)
  }

  #count(unsent: number): void {
    this.#unsentBytes += unsent
    this.#owner.unsentBytes += unsent
  }
}
