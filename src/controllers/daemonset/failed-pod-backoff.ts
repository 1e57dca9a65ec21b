const FIRST_MS = 1000
const LONGEST_MS = 15 * 60_000

interface Failures {
  /** Until when the next failed pod stays, on the monotonic clock. */
  readonly until: number
  readonly delayMs: number
}

/**
 * Slows down the replacement of daemon pods that fail again and again on a node (upstream: 1 s, doubling to 15 min,
 * forgotten after twice the longest delay). It remembers nothing over a restart.
 */
export class FailedPodBackoff {
  readonly #failures = new Map<string, Failures>() // `uid/generation/node`

  /** How long a failed pod has still to stay: 0 lets it go, and lets the next one wait longer. Times in ms. */
  remainingMs(key: string, now: number): number {
    const known = this.#failures.get(key)
    if (known && now < known.until) return known.until - now
    const forgotten = !known || now - known.until > 2 * LONGEST_MS
    const delayMs = forgotten ? FIRST_MS : Math.min(2 * known.delayMs, LONGEST_MS)
    this.#failures.set(key, { until: now + delayMs, delayMs })
    return 0
  }

  /** Forgets a DaemonSet that is gone: keys begin with its uid. */
  forget(uid: string): void {
    for (const key of this.#failures.keys()) if (key.startsWith(`${uid}/`)) this.#failures.delete(key)
  }
}
