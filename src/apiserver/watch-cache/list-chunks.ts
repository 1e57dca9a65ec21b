import { type PlacedJson, WholeJson } from './placed-json.ts'
import { StoredObject } from './stored-object.ts'

const CHUNK_BYTES = 256 * 1024
/** Chunks that nobody uses now, for the next list; those of more lists at once are made and forgotten. */
const MAX_SPARE = 4
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

interface Listed {
  json(): Uint8Array
}

const placed = (item: Listed): PlacedJson => (item instanceof StoredObject ? item : new WholeJson(item.json()))

/**
 * A list as JSON, in chunks of about 256 KiB: each object's bytes are copied once, straight into the chunk. A chunk is good
 * until the next is asked for, which is written over it.
 */
export function* listChunks(items: Iterable<Listed>, text: ListText): Generator<Uint8Array> {
  const chunk = new ChunkBuffer()
  chunk.addText(text.head)
  let separator = 0
  let start = 0
  for (const item of items) {
    const json = placed(item)
    if (text.withoutTypes) start = json.metadataStart(start)
    const bytes = json.jsonLength - start
    if (!chunk.hasRoom(bytes + 2)) {
      yield chunk.take()
      chunk.reserve(bytes + 2)
    }
    if (separator) chunk.addByte(separator)
    if (start > 0) chunk.addByte(OPENING_BRACE)
    chunk.addJson(json, start, bytes)
    separator = COMMA
  }
  if (!chunk.hasRoom(text.tail.length * 4)) yield chunk.take()
  chunk.addText(text.tail)
  yield chunk.take()
  chunk.release()
}

/** Items as they are in a list, a comma before each, in bytes of their own. */
export function itemsText(items: readonly Listed[], withoutTypes: boolean): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(itemsLength(items, withoutTypes))
  let at = 0
  let start = 0
  for (const item of items) {
    const json = placed(item)
    if (withoutTypes) start = json.metadataStart(start)
    bytes[at++] = COMMA
    if (start > 0) bytes[at++] = OPENING_BRACE
    json.copyJson(bytes, at, start)
    at += json.jsonLength - start
  }
  return bytes
}

/** How many bytes `itemsText` gives. */
export function itemsLength(items: readonly Listed[], withoutTypes: boolean): number {
  let length = 0
  let start = 0
  for (const item of items) {
    const json = placed(item)
    if (withoutTypes) start = json.metadataStart(start)
    length += json.jsonLength - start + (start > 0 ? 2 : 1)
  }
  return length
}

/** How many bytes a list has whose items take so many, with a comma before each. */
export const lengthAround = ({ head, tail }: ListText, itemBytes: number): number =>
  Buffer.byteLength(head) + Math.max(0, itemBytes - 1) + Buffer.byteLength(tail)

/** Pieces of any size as chunks of about 256 KiB, each good until the next is asked for. */
export function* chunked(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const chunk = new ChunkBuffer()
  for (const piece of pieces) {
    if (!chunk.hasRoom(piece.length)) {
      if (chunk.length > 0) yield chunk.take()
      chunk.reserve(piece.length)
    }
    chunk.add(piece)
  }
  yield chunk.take()
  chunk.release()
}

const spare: Buffer[] = []

/** Fills a buffer, again and again. */
class ChunkBuffer {
  readonly #own = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)
  /** `#own`, or a larger one for what does not fit there. */
  #bytes = this.#own
  length = 0

  hasRoom(bytes: number): boolean {
    return bytes <= this.#bytes.length - this.length
  }

  /** Of an empty chunk: room for so much at least. */
  reserve(bytes: number): void {
    this.#bytes = bytes > this.#own.length ? Buffer.allocUnsafeSlow(bytes) : this.#own
  }

  take(): Uint8Array {
    const full = this.#bytes.subarray(0, this.length)
    this.length = 0
    return full
  }

  /** Nobody looks at what was taken any more. Not for a list that was broken off: its last chunk may still be on its way. */
  release(): void {
    if (spare.length < MAX_SPARE) spare.push(this.#own)
  }

  /** There is room, as for all that follow. */
  add(part: Uint8Array): void {
    this.#bytes.set(part, this.length)
    this.length += part.length
  }

  addJson(json: PlacedJson, from: number, bytes: number): void {
    json.copyJson(this.#bytes, this.length, from)
    this.length += bytes
  }

  addText(text: string): void {
    this.length += this.#bytes.write(text, this.length)
  }

  addByte(byte: number): void {
    this.#bytes[this.length++] = byte
  }
}
