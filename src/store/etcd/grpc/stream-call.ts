import type { Headers } from '../http2/header-decoder.ts'
import { ErrorCode } from '../http2/http2-error.ts'
import type { Stream, StreamFailure, StreamSink } from '../http2/stream.ts'
import { GrpcCode, GrpcError } from './grpc-error.ts'
import { notGrpc, statusError } from './grpc-status.ts'
import { framed, MessageReader, PREFIX_BYTES } from './message-framing.ts'

export interface StreamHandlers {
  /** A view of what was read: copy what is to be kept. What it throws ends the call. */
  onMessage(message: Buffer): void
  /** Once, after the last message; without an error when the server ended the call as it should. Not after `cancel`. */
  onEnd(error: Error | undefined): void
  /** With it the server sends on only as messages, of at most MAX_PACED_BYTES, are `consumed`. */
  readonly isPaced?: boolean
}

/** A longer one would not fit into the window, which opens again when a message is consumed whole. */
const MAX_PACED_BYTES = 1024 * 1024

/** A call with any number of messages both ways. */
export class StreamCall implements StreamSink {
  readonly isPaced: boolean
  readonly #handlers: StreamHandlers
  readonly #reader: MessageReader
  #stream: Stream | undefined
  #hasHeader = false
  #isOver = false

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers
    this.isPaced = handlers.isPaced ?? false
    this.#reader = new MessageReader(this.isPaced ? MAX_PACED_BYTES : undefined)
  }

  /** The stream that carries the call. */
  begin(stream: Stream): void {
    this.#stream = stream
  }

  send(message: Uint8Array, isLast = false): void {
    this.#stream?.send(framed(message), isLast)
  }

  /** For paced calls: a message is done with. */
  consumed(message: Buffer): void {
    this.#stream?.consumed(PREFIX_BYTES + message.length)
  }

  /** Nothing more is told. */
  cancel(): void {
    this.#isOver = true
    this.#stream?.cancel(ErrorCode.Cancel)
  }

  onHeaders(headers: Headers, isLast: boolean): void {
    const fault = this.#hasHeader ? undefined : notGrpc(headers)
    this.#hasHeader = true
    if (fault || isLast) this.#end(fault ?? statusError(headers))
  }

  onData(bytes: Buffer, isLast: boolean): void {
    try {
      this.#reader.read(bytes, (message) => {
        if (!this.#isOver) this.#handlers.onMessage(message)
      })
      if (isLast) this.#end(new GrpcError(GrpcCode.Internal, 'the answer ended without a status', 'sent'))
    } catch (error) {
      this.#end(error as Error)
    }
  }

  onFailed({ why, isUnprocessed }: StreamFailure): void {
    this.#end(new GrpcError(GrpcCode.Unavailable, why, isUnprocessed ? 'unsent' : 'sent'))
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return
    this.cancel()
    this.#handlers.onEnd(error)
  }
}
