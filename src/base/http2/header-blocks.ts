import { Flag, FRAME_HEAD_BYTES, FrameType } from './frame.ts'
import type { Frame } from './frame-reader.ts'
import { type Field, HeaderDecoder } from './header-decoder.ts'
import { ErrorCode, Http2Error } from './http2-error.ts'

export interface HeaderBlock {
  readonly stream: number
  /** Undefined when they are too long together. */
  readonly fields: readonly Field[] | undefined
  readonly isLast: boolean
}

/** Longer ones are refused; the heads of their frames count, so that there cannot be many empty ones. */
const MAX_BLOCK_BYTES = 64 * 1024
const PRIORITY_BYTES = 5

/** Puts blocks of header fields together from HEADERS and CONTINUATION frames, and reads them all, whosesoever they are. */
export class HeaderBlocks {
  readonly #decoder = new HeaderDecoder()
  #pieces: Buffer[] = []
  /** Of the pieces and the heads of their frames. */
  #length = 0
  /** Of the block that is not complete; 0 when there is none. */
  #stream = 0
  #isLast = false

  /** Only continuations may follow. */
  get isIncomplete(): boolean {
    return this.#stream !== 0
  }

  /** The block that ends with this frame. Throws Http2Error. */
  add({ type, flags, stream, payload }: Frame): HeaderBlock | undefined {
    const isFirst = type === FrameType.Headers
    if (stream === 0 || this.#stream !== (isFirst ? 0 : stream)) {
      throw new Http2Error(ErrorCode.ProtocolError, 'a header goes on that was not begun')
    }
    if (isFirst) this.#isLast = (flags & Flag.EndStream) !== 0
    this.#stream = stream
    this.#pieces.push(isFirst ? fragment(flags, payload) : payload)
    this.#length += FRAME_HEAD_BYTES + payload.length
    if (this.#length > MAX_BLOCK_BYTES) throw new Http2Error(ErrorCode.EnhanceYourCalm, 'a header is too long')
    return flags & Flag.EndHeaders ? this.#finish() : undefined
  }

  #finish(): HeaderBlock {
    const block = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
    const stream = this.#stream
    this.#pieces = []
    this.#length = 0
    this.#stream = 0
    return { stream, fields: this.#decoder.decode(block), isLast: this.#isLast }
  }
}

/** The fields in the payload of a HEADERS frame (RFC 9113, 6.2). */
function fragment(flags: number, payload: Buffer): Buffer {
  const padding = flags & Flag.Padded ? (payload[0] ?? 0) : 0
  const begin = (flags & Flag.Padded ? 1 : 0) + (flags & Flag.Priority ? PRIORITY_BYTES : 0)
  const end = payload.length - padding
  if (end < begin) throw new Http2Error(ErrorCode.ProtocolError, 'a header is shorter than its padding')
  return payload.subarray(begin, end)
}
