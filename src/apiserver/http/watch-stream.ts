import type { StatusError } from '../../api/status-error.ts'
import type { WatchReceiver } from '../handler/watch-session.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import type { ResponseStream } from './exchange.ts'

/** A watcher that lets this much pile up is ended: it lists again when it can keep up. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024
const MAX_PENDING_EVENTS = 10_000

/** What events look like on the wire; objects are those of the JSON answers unless `transform` says otherwise. */
export interface WatchEncoder {
  frame(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: CachedObject): Uint8Array
  value(type: 'BOOKMARK' | 'ERROR', object: object): Uint8Array
}

/**
 * Frames that several watchers are told at the same moment: encoded once, forgotten with the turn of the event loop.
 * Events reach all watchers of a resource in one turn, so nothing needs to be kept longer.
 */
class SharedFrames {
  #frames = new Map<CachedObject, Uint8Array>()
  #type = ''

  get(type: string, object: CachedObject): Uint8Array {
    if (this.#frames.size === 0) setImmediate(() => this.#frames.clear())
    if (type !== this.#type) {
      this.#frames.clear()
      this.#type = type
    }
    let frame = this.#frames.get(object)
    if (!frame) {
      frame = Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object.json(), END])
      this.#frames.set(object, frame)
    }
    return frame
  }
}

const END = Buffer.from('}\n')
const shared = new SharedFrames()

/** `{"type":"ADDED","object":…}` and a line break, from the bytes as they are cached. */
export const jsonEvents: WatchEncoder = {
  frame: (type, object) => shared.get(type, object),
  value: (type, object) => Buffer.from(`${JSON.stringify({ type, object })}\n`),
}

/** Events whose objects are shown in another form, e.g. as Tables. */
export function transformedEvents(transform: (object: CachedObject) => object, bookmark = (object: object) => object) {
  const encoder: WatchEncoder = {
    frame: (type, object) => Buffer.from(`${JSON.stringify({ type, object: transform(object) })}\n`),
    value: (type, object) =>
      Buffer.from(`${JSON.stringify({ type, object: type === 'BOOKMARK' ? bookmark(object) : object })}\n`),
  }
  return encoder
}

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

  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: CachedObject): void {
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
