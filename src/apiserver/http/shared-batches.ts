import { SharedChunk } from './shared-chunk.ts'

/** How many different batches are told in one turn before the sharing stops to pay. */
const MAX_BATCHES = 8

interface Batch {
  readonly frames: readonly Uint8Array[]
  readonly chunk: SharedChunk
}

/**
 * Frames put together for a watcher: those who are told the same frames in the same turn of the event loop share the bytes.
 * Frames themselves are shared already, so a look at which they are is enough.
 */
export class SharedBatches {
  #batches: Batch[] = []

  join(frames: readonly Uint8Array[]): SharedChunk {
    const known = this.#batches.find((batch) => isSame(batch.frames, frames))
    if (known) return known.chunk
    const chunk = joined(frames)
    if (this.#batches.length === 0) setImmediate(() => this.#forget())
    if (this.#batches.length < MAX_BATCHES) this.#batches.push({ frames, chunk })
    return chunk
  }

  #forget(): void {
    this.#batches = []
  }
}

/** A single frame is not copied. */
export const joined = (frames: readonly Uint8Array[]): SharedChunk =>
  new SharedChunk(frames.length === 1 ? (frames[0] as Uint8Array) : Buffer.concat(frames))

function isSame(left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false
  return true
}
