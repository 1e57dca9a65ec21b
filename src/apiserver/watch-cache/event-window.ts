import type { CachedEvent } from './watch-cache.ts'

/** Of what is no longer fresh, at least so many stay (upstream's watch cache: 100). */
const KEPT_EVENTS = 1_000

export interface WindowLimits {
  readonly maxEvents: number
  /** Of the objects' bytes, each counted with the event that brought it. */
  readonly maxBytes: number
}

/** The recent past: every event above `floor`, as many as the limits allow. */
export class EventWindow {
  readonly #limits: WindowLimits
  /** In revision order; those before `#start` are dropped already. */
  #events: CachedEvent[] = []
  #start = 0
  #bytes = 0
  #floor = 0
  /** Events up to here were there when `age` was called last. */
  #aged = 0

  constructor(limits: WindowLimits) {
    this.#limits = limits
  }

  /** The revision from which on nothing is missing. */
  get floor(): number {
    return this.#floor
  }

  /** Begins anew with what happens after `floor`. */
  reset(floor: number): void {
    this.#events = []
    this.#start = 0
    this.#bytes = 0
    this.#floor = floor
  }

  append(event: CachedEvent): void {
    this.#events.push(event)
    this.#bytes += event.current.size
    while (this.#isOverLimit()) this.#dropOldest()
    if (this.#start > 512 && this.#start * 2 > this.#events.length) this.#shrink()
  }

  /** Whether `age` will have something to drop. */
  get agesOn(): boolean {
    return this.#count > KEPT_EVENTS
  }

  /** Drops what was there at the last call, but for the newest events. */
  age(): void {
    while (this.#count > KEPT_EVENTS && this.#events[this.#start]!.revision <= this.#aged) this.#dropOldest()
    this.#aged = this.#events.at(-1)?.revision ?? 0
    this.#shrink()
  }

  /** The events above `revision`, which must not be below `floor`. */
  after(revision: number): CachedEvent[] {
    let low = this.#start
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#events[middle]!.revision <= revision) low = middle + 1
      else high = middle
    }
    return this.#events.slice(low)
  }

  get #count(): number {
    return this.#events.length - this.#start
  }

  #isOverLimit(): boolean {
    return this.#count > this.#limits.maxEvents || (this.#bytes > this.#limits.maxBytes && this.#count > 0)
  }

  #dropOldest(): void {
    const event = this.#events[this.#start++]!
    this.#bytes -= event.current.size
    this.#floor = event.revision
  }

  #shrink(): void {
    this.#events = this.#events.slice(this.#start)
    this.#start = 0
  }
}
