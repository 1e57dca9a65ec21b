import { setTimeout as delay } from 'node:timers/promises'

/** The time as decisions see it; tests pass a fake one (src/testing/fake-clock.ts). */
export interface Clock {
  /** Milliseconds since the epoch; may jump. For timestamps only. */
  now(): number
  /** Milliseconds on a clock that never goes back. For durations and deadlines. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `fire` once after `ms`, unless the returned function is called before. */
  after(ms: number, fire: () => void): () => void
}

/** Node's timers take at most 2³¹−1 ms and fire at once beyond that. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(Math.min(ms, MAX_TIMER_MS), undefined, { signal, ref: true }),
  after(ms, fire) {
    const timer = setTimeout(fire, Math.min(ms, MAX_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

/** The last second that was asked for and its text: every write asks for the present one. */
let written = { second: Number.NaN, text: '' }

/** RFC 3339 to the second, as metav1.Time is written: `2026-01-31T12:00:00Z`. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== written.second) written = { second, text: `${new Date(ms).toISOString().slice(0, 19)}Z` }
  return written.text
}

/** RFC 3339 with microseconds, as metav1.MicroTime is written. */
export function microTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}
