/** How many different batches are told in one turn before the sharing stops to pay. */
const MAX_BATCHES = 8

interface Batch {
  readonly frames: readonly Uint8Array[]
  readonly bytes: Uint8Array
}

/**
 * Frames put together for a watcher: those who are told the same frames in the same turn of the event loop share the bytes.
 * Frames themselves are shared already, so a look at which they are is enough.
 */
export class SharedBatches {
  #batches: Batch[] = []

  join(frames: readonly Uint8Array[]): Uint8Array {
    if (frames.length === 1) return frames[0] as Uint8Array
    const known = this.#batches.find((batch) => isSame(batch.frames, frames))
    if (known) return known.bytes
    const bytes = Buffer.concat(frames)
    if (this.#batches.length === 0) setImmediate(() => this.#forget())
    if (this.#batches.length < MAX_BATCHES) this.#batches.push({ frames, bytes })
    return bytes
  }

  #forget(): void {
    this.#batches = []
  }
}

function isSame(left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false
  return true
}
