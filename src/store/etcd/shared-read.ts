/** One read answers all who asked before it began: any number of callers cost two reads at a time. */
export class SharedRead<T> {
  readonly #read: () => Promise<T>
  /** Began before callers of now, so that it may not show what they must see. */
  #running: Promise<unknown> | undefined
  #next: Promise<T> | undefined

  constructor(read: () => Promise<T>) {
    this.#read = read
  }

  /** The outcome of a read that begins after this call. */
  get(): Promise<T> {
    this.#next ??= this.#afterRunning()
    return this.#next
  }

  async #afterRunning(): Promise<T> {
    await this.#running?.catch(() => {}) // its own callers hear of it
    const read = this.#read()
    this.#running = read
    this.#next = undefined
    return read
  }
}
