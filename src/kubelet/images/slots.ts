/** Lets at most `count` tasks run at a time; others wait in the order they came. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = [] // none while #free > 0

  constructor(count: number) {
    this.#free = count
  }

  async use<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}
