import type { Clock } from '../../base/clock.ts'

/** How long a read waits for as many callers as the last one had: it costs etcd and this process what several of them do. */
const PATIENCE_MS = 1
/** So few are not waited for. */
const FEW = 3

/**
 * One read answers all who asked before it began: any number of callers cost two reads at a time. A crowd that keeps coming
 * back is gathered before its next read begins.
 */
export class SharedRead<T> {
  readonly #clock: Clock
  readonly #read: () => Promise<T>
  /** Began before callers of now, so that it may not show what they must see. */
  #running: Promise<unknown> | undefined
  #next: Promise<T> | undefined
  /** Of the next read, and of the one before. */
  #callers = 0
  #lastCallers = 0
  /** Set while the next read waits for callers. */
  #enough: (() => void) | undefined

  constructor(clock: Clock, read: () => Promise<T>) {
    this.#clock = clock
    this.#read = read
  }

  /** The outcome of a read that begins after this call. */
  get(): Promise<T> {
    this.#callers++
    if (this.#callers >= this.#lastCallers) this.#enough?.()
    this.#next ??= this.#begin()
    return this.#next
  }

  async #begin(): Promise<T> {
    await this.#running?.catch(() => {}) // its own callers hear of it
    if (this.#callers < this.#lastCallers && this.#lastCallers > FEW) await this.#gather()
    this.#lastCallers = this.#callers
    this.#callers = 0
    const read = this.#read()
    this.#running = read
    this.#next = undefined
    return read
  }

  async #gather(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#clock.after(PATIENCE_MS, resolve)
    this.#enough = resolve
    await promise
    cancel()
    this.#enough = undefined
  }
}
