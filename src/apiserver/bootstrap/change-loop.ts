import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { exponentialDelay } from '../../client/backoff.ts'

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

/**
 * Brings something about again whenever it may have changed: `changed` marks it, `run` calls `bring` once at the start and
 * once after each mark, one call at a time, and again after a failure: a second later, then ever rarer. Idle until marked.
 */
export class ChangeLoop {
  #dirty = true
  #wake = (): void => {}

  changed(): void {
    this.#dirty = true
    this.#wake()
  }

  async run(
    { bring, clock, log }: { bring: (signal: AbortSignal) => Promise<void>; clock: Clock; log: Logger },
    signal: AbortSignal,
  ): Promise<void> {
    let failures = 0
    let cancel = (): void => {}
    const stopped = () => {
      cancel()
      this.#wake()
    }
    signal.addEventListener('abort', stopped, { once: true })
    while (!signal.aborted) {
      if (!this.#dirty) await this.#marked()
      if (signal.aborted) return
      this.#dirty = false
      try {
        await bring(signal)
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        log.warn('will be tried again', { error })
        cancel()
        cancel = clock.after(exponentialDelay(failures++, FIRST_RETRY_MS, LAST_RETRY_MS), () => this.changed())
      }
    }
  }

  #marked(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
