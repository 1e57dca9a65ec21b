const CHUNK_BYTES = 128 * 1024
const COMMA = 0x2c
const OPENING_BRACE = 0x7b
const METADATA = Buffer.from('"metadata":')

export interface ListText {
  /** Everything before the first item: `{"kind":"PodList",…,"items":[`. */
  readonly head: string
  /** Everything after the last: `]}`. */
  readonly tail: string
  /** Items of built-in lists carry no kind and apiVersion, those of custom resources do (upstream's encoders). */
  readonly withoutTypes: boolean
}

/** A list as JSON, in chunks of about 128 KiB: each object's bytes are copied once, straight into the chunk. */
export function* listChunks(items: Iterable<{ json(): Uint8Array }>, text: ListText): Generator<Uint8Array> {
  const chunk = new ChunkBuffer()
  const head = Buffer.from(text.head)
  chunk.reserve(head.length)
  chunk.add(head, 0)
  let separator = 0
  let start = 0
  for (const item of items) {
    const json = item.json()
    if (text.withoutTypes) start = metadataStart(json, start)
    const opening = start > 0 ? OPENING_BRACE : 0
    if (!chunk.hasRoom(json.length - start + 2)) {
      yield chunk.take()
      chunk.reserve(json.length - start + 2)
    }
    if (separator) chunk.addByte(separator)
    if (opening) chunk.addByte(opening)
    chunk.add(json, start)
    separator = COMMA
  }
  const tail = Buffer.from(text.tail)
  if (!chunk.hasRoom(tail.length)) {
    yield chunk.take()
    chunk.reserve(tail.length)
  }
  chunk.add(tail, 0)
  yield chunk.take()
}

/** How many bytes `listChunks` gives. */
export function listLength(items: Iterable<{ json(): Uint8Array }>, { head, tail, withoutTypes }: ListText): number {
  let length = Buffer.byteLength(head) + Buffer.byteLength(tail)
  let start = 0
  let count = 0
  for (const item of items) {
    const json = item.json()
    if (withoutTypes) start = metadataStart(json, start)
    length += json.length - start + (start > 0 ? 1 : 0)
    count++
  }
  return length + Math.max(0, count - 1)
}

/** Pieces of any size as chunks of about 128 KiB. */
export function* chunked(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const chunk = new ChunkBuffer()
  for (const piece of pieces) {
    if (!chunk.hasRoom(piece.length)) {
      if (chunk.length > 0) yield chunk.take()
      chunk.reserve(piece.length)
    }
    chunk.add(piece, 0)
  }
  yield chunk.take()
}

/**
 * Where metadata begins, most likely where it did in the object before, `guess`. Kind and apiVersion come first and hold
 * neither quotes nor this word, so the first place found is the right one.
 */
function metadataStart(json: Uint8Array, guess: number): number {
  if (isMetadata(json, guess)) return guess
  return Math.max(0, Buffer.from(json.buffer, json.byteOffset, Math.min(json.length, 512)).indexOf(METADATA))
}

function isMetadata(json: Uint8Array, at: number): boolean {
  for (let index = 0; index < METADATA.length; index++) if (json[at + index] !== METADATA[index]) return false
  return true
}

/** Fills buffers one after the other. */
class ChunkBuffer {
  #bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  length = 0

  hasRoom(bytes: number): boolean {
    return bytes <= this.#bytes.length - this.length
  }

  /** Of an empty chunk: room for so much at least. */
  reserve(bytes: number): void {
    if (bytes > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(bytes)
  }

  take(): Uint8Array {
    const full = this.#bytes.subarray(0, this.length)
    this.#bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    this.length = 0
    return full
  }

  /** What comes from `start` on; there is room. */
  add(part: Uint8Array, start: number): void {
    this.#bytes.set(start === 0 ? part : part.subarray(start), this.length)
    this.length += part.length - start
  }

  addByte(byte: number): void {
    this.#bytes[this.length++] = byte
  }
}
