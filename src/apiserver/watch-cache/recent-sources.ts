import type { ApiObject } from '../../api/resource.ts'
import type { StoredObject } from './stored-object.ts'

/** How many objects that nobody has asked for keep what they were made of, and up to which size in bytes. */
const MAX_OBJECTS = 64
const MAX_BYTES = 16 * 1024

/**
 * What the values were made of that this process has just written. Whoever looks at such an object soon after, the next
 * write of it first of all, need not decode it; it is let go of when others have been written since.
 */
export class RecentSources {
  readonly #given = new WeakMap<Uint8Array, ApiObject>()
  readonly #recent: (StoredObject | undefined)[] = Array(MAX_OBJECTS)
  #next = 0

  /** Takes ownership of the object that `value` was made of. */
  give(value: Uint8Array, source: ApiObject): void {
    if (value.length <= MAX_BYTES) this.#given.set(value, source)
  }

  /** What a value was made of, which is the caller's from now on: once, as the value may live as long as its object. */
  take(value: Uint8Array): ApiObject | undefined {
    const source = this.#given.get(value)
    if (source) this.#given.delete(value)
    return source
  }

  /** Tells of an object that has its source with it. */
  add(object: StoredObject): void {
    this.#recent[this.#next]?.releaseSource()
    this.#recent[this.#next] = object
    this.#next = (this.#next + 1) % MAX_OBJECTS
  }
}
