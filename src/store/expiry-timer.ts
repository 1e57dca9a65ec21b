import type { Clock } from '../base/clock.ts'

/** Wait before expired keys are tried again when the store could not delete them. */
const RETRY_MS = 1_000

export interface ExpiryTimerDeps {
  readonly clock: Clock
  /** When the next key is due, in ms since the epoch; undefined when none ever is. */
  nextDue(): number | undefined
  /** Deletes what is due at `now`; some of it is enough, it is called again while more is due. */
  expire(now: number): Promise<void>
}

/** Deletes keys when their time is over: one timer, for the key that is due next, and none when there is no such key. */
export class ExpiryTimer {
  readonly #deps: ExpiryTimerDeps
  /** When the timer fires, undefined while none runs. */
  #armedFor: number | undefined
  #cancel: () => void = () => {}
  #working = false
  #stopped = false

  constructor(deps: ExpiryTimerDeps) {
    this.#deps = deps
  }

  /** A key that is due at `due` exists now; call once with the earliest at start. */
  note(due: number | undefined): void {
    if (due === undefined || this.#stopped || this.#working) return // the end of the work arms again
    if (this.#armedFor !== undefined && this.#armedFor <= due) return
    this.#arm(due, due - this.#deps.clock.now())
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  #arm(due: number, ms: number): void {
    this.#cancel()
    this.#armedFor = due
    this.#cancel = this.#deps.clock.after(Math.max(0, ms), () => void this.#fire())
  }

  async #fire(): Promise<void> {
    this.#armedFor = undefined
    this.#working = true
    const done = await this.#deps.expire(this.#deps.clock.now()).then(
      () => true,
      () => false, // the store says itself that it is unavailable
    )
    this.#working = false
    if (this.#stopped) return
    if (done) this.note(this.#deps.nextDue())
    else this.#arm(this.#deps.clock.now() + RETRY_MS, RETRY_MS)
  }
}
