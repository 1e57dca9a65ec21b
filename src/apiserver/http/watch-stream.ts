import type { StatusError } from '../../api/status-error.ts'
import type { WatchReceiver } from '../handler/watch-session.ts'
import type { CachedEvent, CachedObject } from '../watch-cache/watch-cache.ts'
import type { ResponseStream } from './exchange.ts'
import { SharedBatches } from './shared-batches.ts'
import type { SharedChunk } from './shared-chunk.ts'
import { CHUNK_BYTES, type ObjectEvent, type WatchEncoder } from './watch-encoders.ts'

/** A watcher that lets this much pile up is ended: it lists again when it can keep up. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024
const MAX_PENDING_EVENTS = 10_000

/** What HTTP adds to a chunk, at most. */
const FRAME_BYTES = 64

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
    if (this.#bytes >= CHUNK_BYTES) this.flush()
  }

  events(events: readonly CachedEvent[]): void {
    if (this.#isOver) return
    const chunks = this.#encoder.chunks?.(events)
    if (chunks) {
      this.flush()
      for (const chunk of chunks) this.#write(chunk, events.length)
      return
    }
    for (const { type, current } of events) this.event(type, current)
    this.flush()
  }

  bookmark(object: object): void {
    this.#add(this.#encoder.value('BOOKMARK', object))
    this.flush()
  }

  flush(): void {
    if (this.#frames.length === 0 || this.#isOver) return
    const frames = this.#frames
    this.#frames = []
    this.#bytes = 0
    this.#write(batches.join(frames), frames.length)
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

  #write(chunk: SharedChunk, events: number): void {
    if (this.#isOver) return
    this.#stream.writeShared(chunk)
    const pending = this.#stream.pendingBytes()
    this.#unread = pending > chunk.bytes.length + FRAME_BYTES ? this.#unread + events : 0
    if (pending > MAX_PENDING_BYTES || (this.#unread > MAX_PENDING_EVENTS && pending > 1024 * 1024)) this.#giveUp()
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
