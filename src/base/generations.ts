export interface GenerationsOptions {
  /** What all values may cost together. */
  readonly maxBytes: number
  /** A value that nobody asks for is forgotten after this, at the latest after twice this. */
  readonly idleMs?: number
  /** Calls `fire` once after `ms`; need not keep the process alive. */
  readonly after?: (ms: number, fire: () => void) => void
}

interface Entry<V> {
  readonly value: V
  readonly cost: number
}

const IDLE_MS = 15_000

/**
 * Values kept while they are asked for, up to a number of bytes. In two generations: one that is asked for moves to the
 * young one; when that has half of the bytes, or has been there for `idleMs`, it becomes the old one, and what was old is
 * forgotten. So asking costs one look, and nothing is kept for long that nobody asks for.
 */
export class Generations<K, V> {
  readonly #maxBytes: number
  readonly #idleMs: number
  readonly #after: (ms: number, fire: () => void) => void
  #young = new Map<K, Entry<V>>()
  #old = new Map<K, Entry<V>>()
  #youngBytes = 0
  #oldBytes = 0
  /** A timer runs exactly while anything is kept. */
  #isTimed = false

  constructor({ maxBytes, idleMs = IDLE_MS, after = unreferenced }: GenerationsOptions) {
    this.#maxBytes = maxBytes
    this.#idleMs = idleMs
    this.#after = after
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key)
    if (young) return young.value
    const old = this.#old.get(key)
    if (!old) return undefined
    this.#old.delete(key)
    this.#oldBytes -= old.cost
    this.#add(key, old)
    return old.value
  }

  /** Unless it would take the place of most others. */
  set(key: K, value: V, cost: number): void {
    this.#remove(key)
    if (cost <= this.#maxBytes / 4) this.#add(key, { value, cost })
  }

  #add(key: K, entry: Entry<V>): void {
    if (this.#youngBytes + entry.cost > this.#maxBytes / 2) this.#turn()
    this.#young.set(key, entry)
    this.#youngBytes += entry.cost
    if (this.#isTimed) return
    this.#isTimed = true
    this.#after(this.#idleMs, this.#idle)
  }

  #remove(key: K): void {
    this.#youngBytes -= this.#young.get(key)?.cost ?? 0
    this.#oldBytes -= this.#old.get(key)?.cost ?? 0
    this.#young.delete(key)
    this.#old.delete(key)
  }

  #turn(): void {
    this.#old = this.#young
    this.#oldBytes = this.#youngBytes
    this.#young = new Map()
    this.#youngBytes = 0
  }

  readonly #idle = (): void => {
    this.#turn()
    this.#isTimed = this.#old.size > 0
    if (this.#isTimed) this.#after(this.#idleMs, this.#idle)
  }
}

const unreferenced = (ms: number, fire: () => void): void => void setTimeout(fire, ms).unref()
