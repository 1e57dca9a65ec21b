import type { StatusError } from '../../api/status-error.ts'
import type { WatchReceiver } from '../handler/watch-session.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import type { ResponseStream } from './exchange.ts'
import type { ObjectEvent, WatchEncoder } from './watch-encoders.ts'

/** A watcher that lets this much pile up is ended: it lists again when it can keep up. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024
const MAX_PENDING_EVENTS = 10_000

/** Writes a watch to a response. A client that does not read is cut off instead of filling memory. */
export class WatchStream implements WatchReceiver {
  readonly #stream: ResponseStream
  readonly #encoder: WatchEncoder
  #unread = 0
  #isOver = false
  readonly #cutOff: () => void

  /** `cutOff` is called when the client is too slow, and ends the session. */
  constructor(stream: ResponseStream, encoder: WatchEncoder, cutOff: () => void) {
    this.#stream = stream
    this.#encoder = encoder
    this.#cutOff = cutOff
  }

  event(type: ObjectEvent, object: CachedObject): void {
    this.#write(this.#encoder.frame(type, object))
  }

  bookmark(object: object): void {
    this.#write(this.#encoder.value('BOOKMARK', object))
  }

  drained(): Promise<void> {
    return this.#stream.drained()
  }

  error(error: StatusError): void {
    this.#write(this.#encoder.value('ERROR', error.toStatus()))
  }

  end(): void {
    this.#isOver = true
    this.#stream.end()
  }

  #write(chunk: Uint8Array): void {
    if (this.#isOver) return
    this.#stream.write(chunk)
    const pending = this.#stream.pendingBytes()
    this.#unread = pending > chunk.length ? this.#unread + 1 : 0
    if (pending > MAX_PENDING_BYTES || (this.#unread > MAX_PENDING_EVENTS && pending > 1024 * 1024)) {
      this.#isOver = true
      this.#stream.destroy()
      this.#cutOff()
    }
  }
}
