import { Reason, StatusError } from '../api/status-error.ts'
import type { Clock } from '../base/clock.ts'
import type { Transport } from './transport.ts'

/**
 * The time for which a leader leads: until `end`, or until renewDeadline after the last renewal. The timer that ends it may
 * come late, since a paused process runs its callbacks in any order when it goes on; so who is about to write asks `isOver`.
 * The monotonic clock stands still while the machine is suspended, and the wall's may be set: whichever says that more time
 * went by counts.
 */
export class Term {
  readonly #clock: Clock
  readonly #lengthMs: number
  readonly #ending = new AbortController()
  /** On the monotonic clock, and by the wall's. */
  #endsAtMs = 0
  #endsAtTime = 0
  #isLost = false
  #cancel = (): void => {}

  /** `sentMs`: when the request was sent that won the lease. */
  constructor(sentMs: number, { clock, renewDeadlineMs }: { clock: Clock; renewDeadlineMs: number }) {
    this.#clock = clock
    this.#lengthMs = renewDeadlineMs
    this.#extend(sentMs)
  }

  /** Aborts when the term is over. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  isOver(): boolean {
    const isDue = this.#clock.monotonic() >= this.#endsAtMs || this.#clock.now() >= this.#endsAtTime
    if (!this.signal.aborted && isDue) this.lose()
    return this.signal.aborted
  }

  /** Over since the lease was not renewed in time: somebody else may lead. */
  isLost(): boolean {
    return this.isOver() && this.#isLost
  }

  /** A renewal that was sent at that time succeeded. It does not revive a term that is over. */
  renewed(sentMs: number): void {
    if (!this.isOver()) this.#extend(sentMs)
  }

  /** Ends it because somebody else leads, or may. */
  lose(): void {
    this.#cancel()
    if (!this.signal.aborted) this.#isLost = true
    this.#ending.abort(new Error('the lease was lost'))
  }

  end(): void {
    this.#cancel()
    this.#ending.abort(new Error('the term has ended'))
  }

  #extend(sentMs: number): void {
    const leftMs = sentMs + this.#lengthMs - this.#clock.monotonic()
    this.#endsAtMs = sentMs + this.#lengthMs
    this.#endsAtTime = this.#clock.now() + leftMs
    this.#cancel()
    this.#cancel = this.#clock.after(leftMs, () => this.lose())
  }
}

/** Carries requests while the term lasts, and refuses them from then on: whoever was a leader cannot act any more. */
export function withinTerm(transport: Transport, term: Term): Transport {
  return {
    async call(request, signal) {
      if (term.isOver()) throw noLongerLeader()
      return transport.call(request, signal)
    },
    watch: (request, signal) => transport.watch(request, signal),
  }
}

const noLongerLeader = (): StatusError =>
  new StatusError({ code: 503, reason: Reason.ServiceUnavailable, message: 'this process does not lead any more' })
