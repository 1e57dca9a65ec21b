import type { PastBudget, Spender } from './past-budget.ts'
import type { CachedEvent } from './watch-cache.ts'

/** Of what is no longer fresh, at least so many stay (upstream's watch cache: 100). */
const KEPT_EVENTS = 1_000

export interface WindowLimits {
  readonly maxEvents: number
  /** Of the objects' bytes, each counted with every event that keeps it. */
  readonly maxBytes: number
}

/** What an event costs beside its object's bytes, about: the objects of JavaScript around them, and the key. */
const OVERHEAD_BYTES = 512

/** The recent past: every event above `floor`, as many as the limits and the budget of all windows allow. */
export class EventWindow implements Spender {
  readonly #limits: WindowLimits
  readonly #budget: PastBudget | undefined
  /** In revision order; before `#start` there are none any more, only their places. */
  #events: (CachedEvent | undefined)[] = []
  #start = 0
  #bytes = 0
  #floor = 0
  /** Events up to here were there when `age` was called last. */
  #aged = 0

  constructor(limits: WindowLimits, budget?: PastBudget) {
    this.#limits = limits
    this.#budget = budget
    budget?.join(this)
  }

  /** The revision from which on nothing is missing. */
  get floor(): number {
    return this.#floor
  }

  get oldest(): number | undefined {
    return this.#events[this.#start]?.revision
  }

  /** Begins anew with what happens after `floor`. */
  reset(floor: number): void {
    this.#budget?.free(this.#cost(this.#bytes, this.#count))
    this.#events = []
    this.#start = 0
    this.#bytes = 0
    this.#floor = floor
  }

  /** Gives back what it spent, for good. */
  close(): void {
    this.reset(this.#floor)
    this.#budget?.leave(this)
  }

  append(event: CachedEvent): void {
    this.#events.push(event)
    const bytes = bytesOf(event)
    this.#bytes += bytes
    this.#budget?.spend(this.#cost(bytes, 1), event)
    while (this.#isOverLimit()) this.dropOldest()
  }

  /** Whether `age` will have something to drop. */
  get agesOn(): boolean {
    return this.#count > KEPT_EVENTS
  }

  /** Drops what was there at the last call, but for the newest events. */
  age(): void {
    while (this.#count > KEPT_EVENTS && this.#events[this.#start]!.revision <= this.#aged) this.dropOldest()
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
    return this.#events.slice(low) as CachedEvent[]
  }

  dropOldest(): void {
    const event = this.#events[this.#start]!
    this.#events[this.#start++] = undefined // its objects are let go of at once, its place with others
    const bytes = bytesOf(event)
    this.#bytes -= bytes
    this.#floor = event.revision
    this.#budget?.free(this.#cost(bytes, 1))
    if (this.#start > 512 && this.#start * 2 > this.#events.length) this.#shrink()
  }

  get #count(): number {
    return this.#events.length - this.#start
  }

  #cost(bytes: number, events: number): number {
    return bytes + events * OVERHEAD_BYTES
  }

  #isOverLimit(): boolean {
    const count = this.#count
    return count > this.#limits.maxEvents || (this.#bytes > this.#limits.maxBytes && count > 0)
  }

  #shrink(): void {
    this.#events = this.#events.slice(this.#start)
    this.#start = 0
  }
}

/** An event keeps what was there before, too: after the event that brought that has been dropped, it alone does. */
const bytesOf = ({ current, previous }: CachedEvent): number => current.size + (previous?.size ?? 0)
