/** A binary heap: the item that comes before all others is found at once, whatever the order in which they were added. */
export class Heap<T> {
  readonly #before: (a: T, b: T) => boolean
  readonly #items: T[] = []

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.push(item) - 1
    for (let parent = (at - 1) >> 1; at > 0 && this.#isBefore(at, parent); parent = (at - 1) >> 1) {
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Takes the first. */
  pop(): T | undefined {
    const items = this.#items
    if (items.length === 0) return undefined
    this.#swap(0, items.length - 1)
    const first = items.pop()
    for (let at = 0; ; ) {
      let least = at
      if (this.#isBefore(2 * at + 1, least)) least = 2 * at + 1
      if (this.#isBefore(2 * at + 2, least)) least = 2 * at + 2
      if (least === at) return first
      this.#swap(at, least)
      at = least
    }
  }

  clear(): void {
    this.#items.length = 0
  }

  #isBefore(a: number, b: number): boolean {
    return a < this.#items.length && this.#before(this.#items[a] as T, this.#items[b] as T)
  }

  #swap(a: number, b: number): void {
    const items = this.#items
    const item = items[a] as T
    items[a] = items[b] as T
    items[b] = item
  }
}
