/** Shorter pieces are copied: one that is kept as it came keeps all that was read with it. */
const SMALL_BYTES = 4 * 1024
const BLOCK_BYTES = 16 * 1024

/** Puts bytes together that come in pieces, in memory that is proportional to the bytes, however small the pieces are. */
export class Gathered {
  readonly #pieces: Buffer[] = []
  /** The small pieces since the last large one, `#filled` bytes of it; the first piece of all is kept as it came. */
  #block: Buffer | undefined
  #filled = 0
  length = 0

  add(bytes: Buffer): void {
    const isKept = this.length === 0 || bytes.length >= SMALL_BYTES
    this.length += bytes.length
    if (!isKept) return this.#copy(bytes)
    this.#closeBlock()
    this.#pieces.push(bytes)
  }

  whole(): Buffer {
    this.#closeBlock()
    return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
  }

  #copy(bytes: Buffer): void {
    if (this.#block && this.#block.length - this.#filled < bytes.length) this.#closeBlock()
    this.#block ??= Buffer.allocUnsafe(BLOCK_BYTES)
    this.#block.set(bytes, this.#filled)
    this.#filled += bytes.length
  }

  #closeBlock(): void {
    if (this.#block) this.#pieces.push(this.#block.subarray(0, this.#filled))
    this.#block = undefined
    this.#filled = 0
  }
}
