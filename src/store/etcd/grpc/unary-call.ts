import type { Headers } from '../http2/header-decoder.ts'
import type { StreamFailure, StreamSink } from '../http2/stream.ts'
import { GrpcCode, GrpcError } from './grpc-error.ts'
import { notGrpc, statusError } from './grpc-status.ts'
import { MessageReader } from './message-framing.ts'

/** Waits for the one message of an answer and for its status. */
export class UnaryCall implements StreamSink {
  readonly #reader = new MessageReader()
  readonly #settle: (error: GrpcError | undefined, message: Buffer) => void
  #hasHeader = false
  #messages = 0
  #message: Buffer = Buffer.alloc(0)

  /** `settle` is called once. */
  constructor(settle: (error: GrpcError | undefined, message: Buffer) => void) {
    this.#settle = settle
  }

  onHeaders(headers: Headers, isLast: boolean): void {
    const fault = this.#hasHeader ? undefined : notGrpc(headers)
    this.#hasHeader = true
    if (fault || isLast) this.#finish(fault ?? statusError(headers))
  }

  onData(bytes: Buffer, isLast: boolean): void {
    try {
      this.#reader.read(bytes, (message) => {
        this.#message = message
        this.#messages++
      })
      if (isLast) this.#finish(new GrpcError(GrpcCode.Internal, 'the answer ended without a status', 'sent'))
    } catch (error) {
      this.#finish(error as GrpcError)
    }
  }

  onFailed({ why, isUnprocessed }: StreamFailure): void {
    this.#finish(new GrpcError(GrpcCode.Unavailable, why, isUnprocessed ? 'unsent' : 'sent'))
  }

  #finish(error: GrpcError | undefined): void {
    const isComplete = error !== undefined || this.#messages === 1
    this.#settle(
      isComplete ? error : new GrpcError(GrpcCode.Internal, `the answer has ${this.#messages} messages`, 'sent'),
      this.#message,
    )
  }
}
