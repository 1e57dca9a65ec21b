const CHUNK_BYTES = 64 * 1024
const COMMA = 0x2c
const OPENING_BRACE = 0x7b

export interface ListText {
  /** Everything before the first item: `{"kind":"PodList",…,"items":[`. */
  readonly head: string
  /** Everything after the last: `]}`. */
  readonly tail: string
  /** Items of built-in lists carry no kind and apiVersion, those of custom resources do (upstream's encoders). */
  readonly withoutTypes: boolean
}

/** A list as JSON, in chunks of about 64 KiB: each object's bytes are copied once, straight into the chunk. */
export function* listChunks(items: Iterable<{ json(): Uint8Array }>, text: ListText): Generator<Uint8Array> {
  const chunk = new ChunkBuffer()
  yield* chunk.add(Buffer.from(text.head))
  let isFirst = true
  for (const item of items) {
    const json = item.json()
    const start = text.withoutTypes ? metadataStart(json) : 0
    if (!isFirst) yield* chunk.addByte(COMMA)
    if (start > 0) yield* chunk.addByte(OPENING_BRACE)
    yield* chunk.add(start > 0 ? json.subarray(start) : json)
    isFirst = false
  }
  yield* chunk.add(Buffer.from(text.tail))
  yield chunk.take()
}

/** Pieces of any size as chunks of about 64 KiB. */
export function* chunked(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const chunk = new ChunkBuffer()
  for (const piece of pieces) yield* chunk.add(piece)
  yield chunk.take()
}

/** Kind and apiVersion come first and hold neither quotes nor this word, so the first place found is the right one. */
function metadataStart(json: Uint8Array): number {
  return Math.max(0, Buffer.from(json.buffer, json.byteOffset, Math.min(json.length, 512)).indexOf('"metadata":'))
}

/** Fills buffers one after the other. */
class ChunkBuffer {
  #bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  #length = 0

  take(): Uint8Array {
    const full = this.#bytes.subarray(0, this.#length)
    this.#bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    this.#length = 0
    return full
  }

  *add(part: Uint8Array): Generator<Uint8Array> {
    if (part.length > this.#bytes.length - this.#length) {
      if (this.#length > 0) yield this.take()
      if (part.length >= CHUNK_BYTES) {
        yield part
        return
      }
    }
    this.#bytes.set(part, this.#length)
    this.#length += part.length
  }

  *addByte(byte: number): Generator<Uint8Array> {
    if (this.#length === this.#bytes.length) yield this.take()
    this.#bytes[this.#length++] = byte
  }
}
