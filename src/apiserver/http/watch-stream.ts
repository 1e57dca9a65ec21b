import type { StatusError } from '../../api/status-error.ts'
import type { WatchReceiver } from '../handler/watch-session.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import type { ResponseStream } from './exchange.ts'
import { SharedBatches } from './shared-batches.ts'
import type { ObjectEvent, WatchEncoder } from './watch-encoders.ts'

/** A watcher that lets this much pile up is ended: it lists again when it can keep up. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024
const MAX_PENDING_EVENTS = 10_000
/** Events told together go out in pieces of about this size. */
const BATCH_BYTES = 256 * 1024

const batches = new SharedBatches()

/**
 * Writes a watch to a response: what is told together goes out in one write. A client that does not read is cut off instead
 * of filling memory.
 */
export class WatchStream implements WatchReceiver {
  readonly #stream: ResponseStream
  readonly #encoder: WatchEncoder
  /** Told and not written yet; never more than a batch. */
  #frames: Uint8Array[] = []
  #bytes = 0
  #unread = 0
  #isOver = false

  constructor(stream: ResponseStream, encoder: WatchEncoder) {
    this.#stream = stream
    this.#encoder = encoder
  }

  event(type: ObjectEvent, object: CachedObject): void {
    if (this.#isOver) return
    this.#add(this.#encoder.frame(type, object))
    if (this.#bytes >= BATCH_BYTES) this.flush()
  }

  bookmark(object: object): void {
    this.#add(this.#encoder.value('BOOKMARK', object))
    this.flush()
  }

  flush(): void {
    if (this.#frames.length === 0 || this.#isOver) return
    const frames = this.#frames
    const batch = batches.join(frames)
    this.#frames = []
    this.#bytes = 0
    this.#stream.write(batch)
    const pending = this.#stream.pendingBytes()
    this.#unread = pending > batch.length ? this.#unread + frames.length : 0
    if (pending > MAX_PENDING_BYTES || (this.#unread > MAX_PENDING_EVENTS && pending > 1024 * 1024)) this.#giveUp()
  }

  drained(): Promise<void> {
    return this.#stream.drained()
  }

  error(error: StatusError): void {
    this.#add(this.#encoder.value('ERROR', error.toStatus()))
    this.flush()
  }

  end(): void {
    this.flush()
    this.#isOver = true
    this.#stream.end()
  }

  #add(frame: Uint8Array): void {
    this.#frames.push(frame)
    this.#bytes += frame.length
  }

  /** A broken stream is a client that has gone: the signal of its exchange ends the session. */
  #giveUp(): void {
    this.#isOver = true
    this.#stream.destroy()
  }
}
