import { Generations } from '../../base/generations.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'

/** What further encodings of cached objects may take together. */
const MAX_BYTES = 32 * 1024 * 1024

/**
 * Encodings of cached objects beside their JSON, made when first asked for and kept while they are asked for, up to a number
 * of bytes. Cached objects never change, so neither do these.
 */
export class EncodedObjects {
  readonly #kept: Generations<CachedObject, Uint8Array>

  constructor(maxBytes = MAX_BYTES) {
    this.#kept = new Generations({ maxBytes })
  }

  get bytes(): number {
    return this.#kept.bytes
  }

  get(object: CachedObject, encode: (object: CachedObject) => Uint8Array): Uint8Array {
    const known = this.#kept.get(object)
    if (known) return known
    const made = encode(object)
    this.#kept.set(object, made, object.size + made.length) // one that was replaced lives as long as its encoding
    return made
  }
}
