import type { Stream } from '../../../base/http2/client/stream.ts'
import { ErrorCode } from '../../../base/http2/http2-error.ts'
import { Answer, type AnswerHandlers } from './answer.ts'
import { framed, PREFIX_BYTES } from './message-framing.ts'

/** Nothing is told after `cancel`. */
export interface StreamHandlers extends AnswerHandlers {
  /** With it the server sends on only as messages, of at most MAX_PACED_BYTES, are `consumed`. */
  readonly isPaced?: boolean
}

/** A longer one would not fit into the window, which opens again when a message is consumed whole. */
const MAX_PACED_BYTES = 1024 * 1024

/** A call with any number of messages both ways. */
export class StreamCall {
  /** For the stream that carries the call. */
  readonly answer: Answer
  #stream: Stream | undefined

  constructor(handlers: StreamHandlers) {
    const told: AnswerHandlers = {
      onMessage: (message) => handlers.onMessage(message),
      onEnd: (error) => {
        this.cancel()
        handlers.onEnd(error)
      },
    }
    const limits = handlers.isPaced ? { isPaced: true, maxMessageBytes: MAX_PACED_BYTES } : undefined
    this.answer = new Answer(told, limits)
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
    this.answer.ignore()
    this.#stream?.cancel(ErrorCode.Cancel)
  }
}
