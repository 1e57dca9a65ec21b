import { FRAME_HEAD_BYTES, MAX_FRAME_BYTES } from './frame.ts'
import { ErrorCode, Http2Error } from './http2-error.ts'

export interface Frame {
  /** A FrameType, or one that nobody knows. */
  readonly type: number
  readonly flags: number
  readonly stream: number
  /** A view of what was read. */
  readonly payload: Buffer
}

const NOTHING = Buffer.alloc(0)

/** Cuts what comes on a connection into frames. */
export class FrameReader {
  /** The beginning of a frame whose end has not come: shorter than one frame. */
  #rest: Buffer = NOTHING

  /** Hands out the frames that end in `chunk`, which may be written over then. Throws Http2Error at one that is longer than was allowed. */
  read(chunk: Buffer, take: (frame: Frame) => void): void {
    const rest = this.#rest
    if (rest.length === 0) return this.#cut(chunk, take)
    const wanted = missing(rest, chunk)
    this.#rest = NOTHING
    this.#cut(Buffer.concat([rest, chunk.subarray(0, wanted)]), take)
    if (chunk.length > wanted) this.#cut(chunk.subarray(wanted), take)
  }

  #cut(bytes: Buffer, take: (frame: Frame) => void): void {
    let at = 0
    while (bytes.length - at >= FRAME_HEAD_BYTES) {
      const length = lengthAt(bytes, at)
      if (length > MAX_FRAME_BYTES) throw new Http2Error(ErrorCode.FrameSizeError, 'a frame is too long')
      const begin = at + FRAME_HEAD_BYTES
      if (bytes.length - begin < length) break
      const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff
      take({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream, payload: bytes.subarray(begin, begin + length) })
      at = begin + length
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at)) // not all that was read with it
  }
}

/** How much of `chunk` the frame that begins with `rest` still needs, as far as that can be told. */
function missing(rest: Buffer, chunk: Buffer): number {
  const head = FRAME_HEAD_BYTES - rest.length
  if (head >= chunk.length) return chunk.length
  const length = head <= 0 ? lengthAt(rest, 0) : lengthAt(Buffer.concat([rest, chunk.subarray(0, head)]), 0)
  return Math.min(head + length, chunk.length)
}

const lengthAt = (bytes: Buffer, at: number): number => (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
