import { DEFAULT_WINDOW, Flag, FrameType, MAX_FRAME_BYTES } from '../../../base/http2/frame.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { ServerStream } from './server-stream.ts'

export interface SendQueueDeps {
  readonly writer: FrameWriter
  /** The end of the stream's answer has been sent. */
  sent(stream: ServerStream): void
}

/** What a stream sends before it is another's turn. */
const TURN_BYTES = 64 * 1024
const NO_BYTES = Buffer.alloc(0)

/** The streams of a connection that have something to send, which take turns as far as the client's windows and the socket let them. */
export class SendQueue {
  /** How much the client takes of all streams together. */
  window = DEFAULT_WINDOW
  readonly #deps: SendQueueDeps
  /** With something to send, and a window of their own for it; the first is next. */
  readonly #ready = new Set<ServerStream>()
  #isSending = false
  /** Until the next turn of the event loop. */
  #isResting = false

  constructor(deps: SendQueueDeps) {
    this.#deps = deps
  }

  get isEmpty(): boolean {
    return this.#ready.size === 0
  }

  add(stream: ServerStream): void {
    this.#ready.add(stream)
    if (!this.#isSending) this.send()
  }

  remove(stream: ServerStream): void {
    this.#ready.delete(stream)
  }

  /** Goes on in the next turn of the event loop: a client on this machine takes more than others can wait for. */
  readonly rest = (): void => {
    if (this.#isResting || this.isEmpty) return
    this.#isResting = true
    setImmediate(() => {
      this.#isResting = false
      this.send()
    })
  }

  /** Sends what can be sent now; to be called when a window has grown. */
  send(): void {
    if (this.#isResting) return
    this.#isSending = true
    for (const stream of this.#ready) {
      if (this.#deps.writer.isFull) break
      if (this.#isHeld(stream)) continue
      this.#ready.delete(stream)
      if (this.#sendTurn(stream)) this.#ready.add(stream) // after the others
    }
    this.#isSending = false
  }

  /** By the window of the connection: an end without data needs none. */
  #isHeld(stream: ServerStream): boolean {
    return this.window <= 0 && stream.hasBytes
  }

  /** Whether the stream may send more after the others. */
  #sendTurn(stream: ServerStream): boolean {
    let left = TURN_BYTES
    while (stream.hasMore && !stream.isClosed) {
      if (!stream.hasBytes) this.#sendEnd(stream)
      else {
        const room = Math.min(stream.sendWindow, this.window, MAX_FRAME_BYTES)
        if (room <= 0) return stream.sendWindow > 0
        if (left <= 0) return true
        left -= room
        this.#sendData(stream, room)
      }
    }
    return false
  }

  #sendData(stream: ServerStream, room: number): void {
    const { bytes, taken, isLast } = stream.next(room)
    this.window -= bytes.length
    const head = { type: FrameType.Data, flags: isLast ? Flag.EndStream : 0, stream: stream.id }
    if (bytes.length > 0 || isLast) this.#deps.writer.addFrame(head, bytes)
    taken?.(true)
    if (isLast) this.#deps.sent(stream)
  }

  /** Pieces without bytes are questions for when their turn comes. */
  #sendEnd(stream: ServerStream): void {
    while (stream.hasPieces) stream.next(0).taken?.(true)
    if (!stream.isEnded || stream.isClosed) return
    this.#deps.writer.addFrame({ type: FrameType.Data, flags: Flag.EndStream, stream: stream.id }, NO_BYTES)
    this.#deps.sent(stream)
  }
}
