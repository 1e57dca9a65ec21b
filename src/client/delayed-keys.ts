import type { Clock } from '../base/clock.ts'

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
  readonly #heap: Entry<K>[] = []
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
    push(this.#heap, { key, due })
    this.#arm()
  }

  delete(key: K): void {
    this.#due.delete(key)
    if (this.#due.size === 0) this.clear()
  }

  clear(): void {
    this.#due.clear()
    this.#heap.length = 0
    this.#disarm()
    this.#armed = Number.POSITIVE_INFINITY
  }

  #arm(): void {
    const first = this.#heap[0]
    if (!first || first.due >= this.#armed) return
    this.#disarm()
    this.#armed = first.due
    this.#disarm = this.#clock.after(Math.max(0, first.due - this.#clock.monotonic()), () => this.#release())
  }

  #release(): void {
    this.#armed = Number.POSITIVE_INFINITY
    const now = this.#clock.monotonic()
    for (let first = this.#heap[0]; first && first.due <= now; first = this.#heap[0]) {
      pop(this.#heap)
      if (this.#due.get(first.key) !== first.due) continue
      this.#due.delete(first.key)
      this.#fire(first.key)
    }
    this.#arm()
  }
}

function push<K>(heap: Entry<K>[], entry: Entry<K>): void {
  let at = heap.push(entry) - 1
  for (let parent = (at - 1) >> 1; at > 0 && earlier(heap, at, parent); parent = (at - 1) >> 1) {
    swap(heap, at, parent)
    at = parent
  }
}

function pop<K>(heap: Entry<K>[]): void {
  swap(heap, 0, heap.length - 1)
  heap.pop()
  for (let at = 0; ; ) {
    let least = at
    if (earlier(heap, 2 * at + 1, least)) least = 2 * at + 1
    if (earlier(heap, 2 * at + 2, least)) least = 2 * at + 2
    if (least === at) return
    swap(heap, at, least)
    at = least
  }
}

const earlier = <K>(heap: readonly Entry<K>[], a: number, b: number): boolean =>
  (heap[a]?.due ?? Number.POSITIVE_INFINITY) < (heap[b]?.due ?? Number.POSITIVE_INFINITY)

function swap<K>(heap: Entry<K>[], a: number, b: number): void {
  ;[heap[a], heap[b]] = [heap[b] as Entry<K>, heap[a] as Entry<K>]
}
