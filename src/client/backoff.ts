export interface BackoffOptions {
  readonly firstMs: number
  readonly maxMs: number
  /** Each delay is lengthened by up to this share of itself, so that many clients do not return at once. */
  readonly jitter?: number
  /** A number in [0, 1); tests pass their own. */
  readonly random?: () => number
}

/** Delays that double from `firstMs` to `maxMs`; `reset` after a success starts over. */
export class Backoff {
  readonly #options: Required<BackoffOptions>
  #failures = 0

  constructor(options: BackoffOptions) {
    this.#options = { jitter: 0, random: Math.random, ...options }
  }

  next(): number {
    const { firstMs, maxMs, jitter, random } = this.#options
    const delay = exponentialDelay(this.#failures++, firstMs, maxMs)
    return delay * (1 + jitter * random())
  }

  reset(): void {
    this.#failures = 0
  }
}

/** The delay after `failures` earlier ones: `firstMs` doubled that often, at most `maxMs`. */
export function exponentialDelay(failures: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures, 60))
}
