/** A map of the most recently used entries: beyond `limit` the one unused for longest goes. */
export class RecentMap<K, V> {
  readonly #limit: number
  readonly #entries = new Map<K, V>() // least recently used first

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  /** As `get`, but it does not count as a use, which costs more than to look: for what is cheap to make again. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)
  }

  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#limit) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }
}
