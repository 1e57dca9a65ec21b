import type { Duplex } from 'node:stream'
import { FRAME_HEAD_BYTES, type FrameType, writeFrameHead } from '../../../base/http2/frame.ts'
import { WriteBlocks } from './write-blocks.ts'

/** What goes out in one write, at most, but for the last frame. With less, the kernel makes the buffers of some connections too small. */
const MAX_WRITE_BYTES = 256 * 1024

/** All connections share it. */
const blocks = new WriteBlocks()

export interface FrameHead {
  readonly type: FrameType
  readonly flags: number
  readonly stream: number
}

/** Puts together what a connection sends in one turn of the event loop: one write, or few large ones, in the order in which it came. */
export class FrameWriter {
  readonly #socket: Duplex
  readonly #flushed: () => void
  #block: Buffer | undefined
  #end = 0

  /** `flushed`: called after each write. */
  constructor(socket: Duplex, flushed: () => void) {
    this.#socket = socket
    this.#flushed = flushed
  }

  /** Whether more has to wait, for this write or for the client. */
  get isFull(): boolean {
    return this.#end >= MAX_WRITE_BYTES || this.#socket.writableNeedDrain
  }

  /** What waits for the client or for the end of the turn. */
  get pendingBytes(): number {
    return this.#end + this.#socket.writableLength
  }

  /** Frames that are made already. */
  add(frames: Uint8Array): void {
    const at = this.#reserve(frames.length)
    this.#block!.set(frames, at)
  }

  /** A frame with a payload that is copied at once. */
  addFrame(head: FrameHead, payload: Uint8Array): void {
    const at = this.#begin(head, payload.length)
    this.#block!.set(payload, at)
  }

  /** A frame whose payload is a text, each character a byte. */
  addText(head: FrameHead, payload: string): void {
    const at = this.#begin(head, payload.length)
    this.#block!.write(payload, at, 'latin1')
  }

  /** A frame of `length` bytes, which `write` puts where they belong. */
  addWritten(head: FrameHead, length: number, write: (out: Buffer, at: number) => void): void {
    const at = this.#begin(head, length)
    write(this.#block!, at)
  }

  flush(): void {
    if (this.#write()) this.#flushed()
  }

  #write(): boolean {
    const block = this.#block
    if (!block) return false
    const bytes = block.subarray(0, this.#end)
    this.#block = undefined
    this.#end = 0
    if (this.#socket.destroyed) blocks.give(block)
    else this.#socket.write(bytes, (error) => error || blocks.give(block))
    return !this.#socket.destroyed
  }

  #begin(head: FrameHead, length: number): number {
    const at = this.#reserve(FRAME_HEAD_BYTES + length)
    return writeFrameHead(this.#block!, at, { ...head, length })
  }

  /** After promises have settled: what they send goes along. What is larger than a write is written before, not copied again. */
  #reserve(bytes: number): number {
    if (this.#end >= MAX_WRITE_BYTES) this.#write()
    const at = this.#end
    const block = this.#block
    if (!block) {
      this.#block = blocks.take(bytes)
      process.nextTick(() => this.flush())
    } else if (at + bytes > block.length) {
      this.#block = blocks.take(at + bytes)
      this.#block.set(block.subarray(0, at))
      blocks.give(block)
    }
    this.#end = at + bytes
    return at
  }
}
