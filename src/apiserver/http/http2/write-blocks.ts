/** Of each size, and how many of it are kept free at most: 10 MB. */
const SIZES = [
  { bytes: 4 * 1024, most: 64 },
  { bytes: 24 * 1024, most: 32 },
  { bytes: 288 * 1024, most: 32 },
]

/** Then all are let go, whether others are wanted or not: that is few blocks in all this time. */
const KEPT_MS = 10_000

/**
 * Memory of at least so many bytes, with what was in it before. Writes use it again and again: each new block would bring the
 * next collection of all garbage nearer.
 */
export class WriteBlocks {
  readonly #free = SIZES.map((): Buffer[] => [])
  #isTimed = false

  take(bytes: number): Buffer {
    const size = SIZES.findIndex((one) => one.bytes >= bytes)
    if (size === -1) return Buffer.allocUnsafeSlow(bytes)
    return this.#free[size]!.pop() ?? Buffer.allocUnsafeSlow(SIZES[size]!.bytes)
  }

  /** Gives a block back that nobody reads any more. */
  give(block: Buffer): void {
    const size = SIZES.findIndex((one) => one.bytes === block.length)
    const blocks = this.#free[size]
    if (!blocks || blocks.length >= SIZES[size]!.most) return
    blocks.push(block)
    if (this.#isTimed) return
    this.#isTimed = true
    setTimeout(this.#letGo, KEPT_MS).unref()
  }

  readonly #letGo = (): void => {
    this.#isTimed = false
    for (const blocks of this.#free) blocks.length = 0
  }
}
