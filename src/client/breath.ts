import { setImmediate as turn } from 'node:timers/promises'

/** The longest time that a loop over many objects may hold the event loop. */
const HOLD_MS = 5
const LOOK_EVERY = 16

/** For loops over many objects: tells when the event loop has been held for long, and lets others run. */
export class Breath {
  readonly #monotonic: () => number
  #began: number
  #steps = 0

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
    this.#began = monotonic()
  }

  /** Others have just run, while the loop waited for more to do. */
  begin(): void {
    this.#began = this.#monotonic()
  }

  /** Asked after each object; looks at the time now and then. */
  isOver(): boolean {
    return ++this.#steps % LOOK_EVERY === 0 && this.#monotonic() - this.#began > HOLD_MS
  }

  /** Resolves in the next turn of the event loop, with another 5 ms to go. */
  async next(): Promise<void> {
    await turn()
    this.begin()
  }
}
