import type { Clock } from '../base/clock.ts'
import { Heap } from '../base/heap.ts'

interface Entry<K> {
  readonly key: K
  readonly due: number
}

/**
 * Keys that become due, each at one time, with a single timer for the earliest. A heap by time; an entry whose time is
 * not the one in `#due` was superseded and is skipped when it comes up.
 */
export class DelayedKeys<K> {
  readonly #clock: Clock
  readonly #fire: (key: K) => void
  readonly #heap = new Heap<Entry<K>>((a, b) => a.due < b.due)
  readonly #due = new Map<K, number>() // monotonic ms
  #armed = Number.POSITIVE_INFINITY // when the timer fires
  #disarm = (): void => {}

  constructor(clock: Clock, fire: (key: K) => void) {
    this.#clock = clock
    this.#fire = fire
  }

  get size(): number {
    return this.#due.size
  }

  /** Fires for `key` in `ms`; of several times for a key the earliest counts. */
  add(key: K, ms: number): void {
    const due = this.#clock.monotonic() + ms
    if (due >= (this.#due.get(key) ?? Number.POSITIVE_INFINITY)) return
    this.#due.set(key, due)
    this.#heap.push({ key, due })
    this.#arm()
  }

  delete(key: K): void {
    this.#due.delete(key)
    if (this.#due.size === 0) this.clear()
  }

  clear(): void {
    this.#due.clear()
    this.#heap.clear()
    this.#disarm()
    this.#armed = Number.POSITIVE_INFINITY
  }

  #arm(): void {
    const { first } = this.#heap
    if (!first || first.due >= this.#armed) return
    this.#disarm()
    this.#armed = first.due
    this.#disarm = this.#clock.after(Math.max(0, first.due - this.#clock.monotonic()), () => this.#release())
  }

  #release(): void {
    this.#armed = Number.POSITIVE_INFINITY
    const now = this.#clock.monotonic()
    for (let { first } = this.#heap; first && first.due <= now; first = this.#heap.first) {
      this.#heap.pop()
      if (this.#due.get(first.key) !== first.due) continue
      this.#due.delete(first.key)
      this.#fire(first.key)
    }
    this.#arm()
  }
}
