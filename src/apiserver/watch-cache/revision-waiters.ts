import { Reason, StatusError } from '../../api/status-error.ts'
import type { Clock } from '../../base/clock.ts'

interface Waiter {
  readonly revision: number
  done(): void
}

/** Readers that wait until the cache shows a revision. */
export class RevisionWaiters {
  readonly #clock: Clock
  readonly #current: () => number
  readonly #waiters = new Set<Waiter>()

  constructor(clock: Clock, current: () => number) {
    this.#clock = clock
    this.#current = current
  }

  /** Rejects with 504 Timeout after `timeoutMs`, with the signal's reason when it aborts. */
  wait(revision: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (revision <= this.#current()) return Promise.resolve()
    if (signal.aborted) return Promise.reject(signal.reason)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { revision, done: resolve }
    const abort = () => reject(signal.reason)
    const cancel = this.#clock.after(timeoutMs, () => reject(tooLarge(revision, this.#current())))
    signal.addEventListener('abort', abort, { once: true })
    this.#waiters.add(waiter)
    return promise.finally(() => {
      cancel()
      signal.removeEventListener('abort', abort)
      this.#waiters.delete(waiter)
    })
  }

  /** The cache shows everything up to `revision` now. */
  reached(revision: number): void {
    if (this.#waiters.size === 0) return
    for (const waiter of this.#waiters) if (waiter.revision <= revision) waiter.done()
  }
}

/** Upstream's words (k8s.io/apiserver storage.NewTooLargeResourceVersionError). */
function tooLarge(revision: number, current: number): StatusError {
  return new StatusError({
    code: 504,
    reason: Reason.Timeout,
    message: `Timeout: Too large resource version: ${revision}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  })
}
