import type { Headers, StreamFailure, StreamSink } from '../../../base/http2/client/stream.ts'
import { GrpcCode, GrpcError } from './grpc-error.ts'
import { notGrpc, statusError } from './grpc-status.ts'
import { MessageReader } from './message-framing.ts'

export interface AnswerHandlers {
  /** A view of what was read: copy what is to be kept. What it throws ends the answer. */
  onMessage(message: Buffer): void
  /** Once, after the last message; without an error when the server's status is OK. */
  onEnd(error: Error | undefined): void
}

export interface AnswerLimits {
  readonly isPaced: boolean
  readonly maxMessageBytes: number
}

/** Reads the answer to a call (gRPC over HTTP/2, Responses): header, messages, and the status in the last header. */
export class Answer implements StreamSink {
  readonly isPaced: boolean
  readonly #handlers: AnswerHandlers
  readonly #reader: MessageReader
  #hasHeader = false
  #isOver = false

  constructor(handlers: AnswerHandlers, limits?: AnswerLimits) {
    this.#handlers = handlers
    this.isPaced = limits?.isPaced ?? false
    this.#reader = new MessageReader(limits?.maxMessageBytes)
  }

  /** Nothing more is told. */
  ignore(): void {
    this.#isOver = true
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
    this.#isOver = true
    this.#handlers.onEnd(error)
  }
}
