import type { CachedObject } from '../watch-cache/watch-cache.ts'

/** What further encodings of cached objects may take together. */
const MAX_BYTES = 32 * 1024 * 1024

/**
 * Encodings of cached objects beside their JSON, made when first asked for and kept while they are asked for, up to a number
 * of bytes. Cached objects never change, so neither do these. In two generations: one that is asked for moves to the young
 * one; when that has half of the bytes it becomes the old one, and what was old is forgotten. So asking costs one look.
 */
export class EncodedObjects {
  readonly #maxBytes: number
  #young = new Map<CachedObject, Uint8Array>()
  #old = new Map<CachedObject, Uint8Array>()
  #youngBytes = 0
  #oldBytes = 0

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  get(object: CachedObject, encode: (object: CachedObject) => Uint8Array): Uint8Array {
    const young = this.#young.get(object)
    if (young) return young
    const old = this.#old.get(object)
    if (old) {
      this.#old.delete(object)
      this.#oldBytes -= costOf(object, old)
    }
    const made = old ?? encode(object)
    const cost = costOf(object, made)
    if (cost <= this.#maxBytes / 4) this.#keep(object, made, cost)
    return made
  }

  #keep(object: CachedObject, made: Uint8Array, cost: number): void {
    if (this.#youngBytes + cost > this.#maxBytes / 2) {
      this.#old = this.#young
      this.#oldBytes = this.#youngBytes
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(object, made)
    this.#youngBytes += cost
  }
}

/** An object that was replaced lives as long as its encoding: both count. */
const costOf = (object: CachedObject, encoded: Uint8Array): number => object.size + encoded.length
