import type { Clock } from '../../base/clock.ts'

interface Entry {
  readonly delayMs: number
  /** ms since the epoch. */
  readonly updatedAt: number
}

/**
 * Growing delays by key: 10 s, doubled with each failure, at most 5 minutes, forgotten after twice that without one.
 * Times are wall-clock ms, since they are compared with those that the runtime reports.
 */
export class BackOff {
  readonly #clock: Clock
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock, { initialMs = 10_000, maxMs = 300_000 } = {}) {
    this.#clock = clock
    this.#initialMs = initialMs
    this.#maxMs = maxMs
  }

  /** When the next attempt is due if the last failure was at `failedAt`; undefined when it may be made now. */
  waitUntil(key: string, failedAt: number): number | undefined {
    const entry = this.#entries.get(key)
    if (!entry || this.#isStale(entry, failedAt)) return undefined
    const due = failedAt + entry.delayMs
    return this.#clock.now() < due ? due : undefined
  }

  /** As `waitUntil`, counted from when the delay last grew. */
  waitUntilSinceUpdate(key: string): number | undefined {
    const entry = this.#entries.get(key)
    if (!entry || this.#isStale(entry, this.#clock.now())) return undefined
    const due = entry.updatedAt + entry.delayMs
    return this.#clock.now() < due ? due : undefined
  }

  /** Another failure at `failedAt`: the delay grows. */
  next(key: string, failedAt: number): void {
    const entry = this.#entries.get(key)
    const fresh = !entry || this.#isStale(entry, failedAt)
    const delayMs = fresh ? this.#initialMs : Math.min(entry.delayMs * 2, this.#maxMs)
    this.#entries.set(key, { delayMs, updatedAt: this.#clock.now() })
  }

  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key)
  }

  #isStale({ updatedAt }: Entry, now: number): boolean {
    return now - updatedAt > 2 * this.#maxMs
  }
}

/** A duration as Go prints it, in whole seconds: `10s`, `1m20s`, `5m0s`, `1h0m0s`. */
export function goDuration(ms: number): string {
  const total = Math.round(ms / 1000)
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60]
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}

/** As goDuration, with milliseconds: `1.234s`, `812ms`, `1m2.5s`. */
export function goDurationMs(ms: number): string {
  const rounded = Math.round(ms)
  if (rounded < 1000) return rounded === 0 ? '0s' : `${rounded}ms`
  const minutes = Math.floor(rounded / 60_000)
  const seconds = (rounded % 60_000) / 1000
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}
