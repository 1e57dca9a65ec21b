/** A range of numbers of which each can be given out once: addresses, ports. Which are free is kept in memory only. */
export class NumberPool {
  readonly #first: number
  readonly #size: number
  readonly #taken = new Set<number>()
  readonly #random: () => number

  /** Numbers from `first` on, `size` of them. */
  constructor(first: number, size: number, random: () => number = Math.random) {
    this.#first = first
    this.#size = size
    this.#random = random
  }

  includes(number: number): boolean {
    return number >= this.#first && number < this.#first + this.#size
  }

  /** False when it is taken already. */
  take(number: number): boolean {
    if (this.#taken.has(number)) return false
    this.#taken.add(number)
    return true
  }

  /**
   * Any free number, from `from` numbers into the range on as long as there is one, since the beginning is for those who
   * name theirs; undefined when all are taken.
   */
  takeAny(from: number): number | undefined {
    return this.#probe(from, this.#size - from) ?? this.#probe(0, from)
  }

  release(number: number): void {
    this.#taken.delete(number)
  }

  #probe(offset: number, length: number): number | undefined {
    const start = Math.floor(this.#random() * length)
    for (let step = 0; step < length; step++) {
      const number = this.#first + offset + ((start + step) % length)
      if (this.take(number)) return number
    }
    return undefined
  }
}
