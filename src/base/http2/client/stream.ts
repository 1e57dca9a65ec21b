import type { ErrorCode } from '../http2-error.ts'

/** Of a field that comes twice the last value. */
export type Headers = ReadonlyMap<string, string>

/** Who asked, and hears of the answer. Nothing is told after the last header, the last data or a failure. */
export interface StreamSink {
  /** With paced data the peer may only send on as `Stream.consumed` says; otherwise all of it is taken at once. */
  readonly isPaced?: boolean
  onHeaders(headers: Headers, isLast: boolean): void
  /** A view of what was read: copy what is to be kept. */
  onData(bytes: Buffer, isLast: boolean): void
  onFailed(failure: StreamFailure): void
}

export interface StreamFailure {
  readonly why: string
  /** The peer is certain not to have looked at the request (RFC 9113, 8.7), or it never was sent. */
  readonly isUnprocessed: boolean
}

/** What a stream needs of its connection. */
export interface StreamOwner {
  /** More of the stream's data can be sent. */
  advance(stream: Stream): void
  credit(stream: Stream, bytes: number): void
  reset(stream: Stream, code: ErrorCode): void
}

/** One request and its answer on a connection. */
export class Stream {
  readonly head: Buffer
  readonly sink: StreamSink
  readonly #owner: StreamOwner
  /** 0 until it is opened. */
  id = 0
  /** How much the peer takes of this stream; negative after it has lowered its settings. */
  sendWindow = 0
  /** Received, and not yet given back to the peer's window. */
  uncredited = 0
  isLocalEnded = false
  isClosed = false
  /** What the peer's windows have not let through, in order. */
  readonly #unsent: Buffer[] = []
  #isLast = false

  constructor(owner: StreamOwner, head: Buffer, sink: StreamSink) {
    this.#owner = owner
    this.head = head
    this.sink = sink
  }

  /** The bytes belong to the stream from now on. */
  send(bytes: Buffer, isLast: boolean): void {
    if (this.isClosed || this.#isLast) return
    this.#unsent.push(bytes)
    this.#isLast = isLast
    if (this.id !== 0) this.#owner.advance(this)
  }

  /** For paced sinks: the peer may send as much again. */
  consumed(bytes: number): void {
    if (!this.isClosed) this.#owner.credit(this, bytes)
  }

  /** The sink hears nothing more. */
  cancel(code: ErrorCode): void {
    if (!this.isClosed) this.#owner.reset(this, code)
  }

  /** Nothing of it has been sent yet. */
  get isWaiting(): boolean {
    return this.id === 0
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0
  }

  /** At most `max` bytes of what is to be sent next. */
  take(max: number): { readonly bytes: Buffer; readonly isLast: boolean } {
    const first = this.#unsent[0]!
    if (first.length > max) {
      this.#unsent[0] = first.subarray(max)
      return { bytes: first.subarray(0, max), isLast: false }
    }
    this.#unsent.shift()
    return { bytes: first, isLast: this.#isLast && this.#unsent.length === 0 }
  }
}
