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

  /** Hands out the frames that end in `chunk`. Throws Http2Error at one that is longer than was allowed. */
  read(chunk: Buffer, take: (frame: Frame) => void): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = NOTHING
    let at = 0
    while (bytes.length - at >= FRAME_HEAD_BYTES) {
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
      if (length > MAX_FRAME_BYTES) throw new Http2Error(ErrorCode.FrameSizeError, 'a frame is too long')
      const begin = at + FRAME_HEAD_BYTES
      if (bytes.length - begin < length) break
      const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff
      take({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream, payload: bytes.subarray(begin, begin + length) })
      at = begin + length
    }
    this.#rest = bytes.subarray(at)
  }
}
