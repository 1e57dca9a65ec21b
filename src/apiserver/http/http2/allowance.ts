import type { Clock } from '../../../base/clock.ts'

/** How much of something a client may do that costs it nothing: so many at once, and so many a second after that. */
export class Allowance {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #most: number
  readonly #perSecond: number
  #left: number
  #since: number

  constructor(clock: Pick<Clock, 'monotonic'>, most: number, perSecond: number) {
    this.#clock = clock
    this.#since = clock.monotonic()
    this.#most = most
    this.#perSecond = perSecond
    this.#left = most
  }

  /** Whether it may be done once more. */
  take(): boolean {
    if (this.#left < 1) this.#refill()
    if (this.#left < 1) return false
    this.#left--
    return true
  }

  #refill(): void {
    const now = this.#clock.monotonic()
    this.#left = Math.min(this.#most, this.#left + ((now - this.#since) / 1_000) * this.#perSecond)
    this.#since = now
  }
}
