import type { Clock } from '../base/clock.ts'

interface Timer {
  readonly due: number
  readonly fire: () => void
}

/** A clock that stands still until `advance` moves it: timers fire in order, each followed by what it set going. */
export class FakeClock implements Clock {
  #now: number
  readonly #timers = new Set<Timer>()

  /** `start` in ms since the epoch. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, ms), fire }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** How many timers are set: one that should not be is a leak. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves time on by `ms`, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#timers.delete(timer)
      this.#now = timer.due
      timer.fire()
      await settle()
    }
    this.#now = end
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (timer.due <= end && (!first || timer.due < first.due)) first = timer
    return first
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Lets things run until `isSo`, however many turns that takes: how much is done in a turn may depend on the machine. Throws
 * when nothing has come of it after very many.
 */
export async function settleUntil(isSo: () => boolean, maxTurns = 50_000): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    if (turn === maxTurns) throw new Error(`not so after ${maxTurns} turns of the event loop: ${isSo}`)
    await settle(1)
  }
}
