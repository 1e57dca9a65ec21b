/** The values of a list that have come up so far. Most lists have one value or none: only a second one makes a set. */
export class Seen<T> {
  #isEmpty = true
  #first: T | undefined
  #all: Set<T> | undefined

  get isEmpty(): boolean {
    return this.#isEmpty
  }

  has(value: T): boolean {
    if (this.#all) return this.#all.has(value)
    return !this.#isEmpty && this.#first === value
  }

  add(value: T): void {
    if (this.#all) this.#all.add(value)
    else if (this.#isEmpty) {
      this.#isEmpty = false
      this.#first = value
    } else if (this.#first !== value) this.#all = new Set([this.#first as T, value])
  }
}
