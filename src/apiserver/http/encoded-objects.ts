import type { CachedObject } from '../watch-cache/watch-cache.ts'

/** What further encodings of cached objects may take together. */
const MAX_BYTES = 32 * 1024 * 1024

/**
 * Encodings of cached objects beside their JSON, made when first asked for and kept while they are asked for, up to a number
 * of bytes: the one that was not used for longest goes first. Cached objects never change, so neither do these.
 */
export class EncodedObjects {
  /** In the order of last use. */
  readonly #encoded = new Map<CachedObject, Uint8Array>()
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(object: CachedObject, encode: (object: CachedObject) => Uint8Array): Uint8Array {
    const known = this.#encoded.get(object)
    if (known) {
      this.#encoded.delete(object)
      this.#encoded.set(object, known)
      return known
    }
    const made = encode(object)
    const cost = costOf(object, made)
    if (cost > this.#maxBytes / 4) return made
    this.#encoded.set(object, made)
    this.#bytes += cost
    this.#shrink()
    return made
  }

  #shrink(): void {
    for (const [object, bytes] of this.#encoded) {
      if (this.#bytes <= this.#maxBytes) return
      this.#encoded.delete(object)
      this.#bytes -= costOf(object, bytes)
    }
  }
}

/** An object that was replaced lives as long as its encoding: both count. */
const costOf = (object: CachedObject, encoded: Uint8Array): number => object.size + encoded.length
