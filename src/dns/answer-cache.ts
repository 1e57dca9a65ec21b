import type { Clock } from '../base/clock.ts'

interface Kept {
  readonly message: Uint8Array
  readonly until: number // monotonic ms
}

/**
 * Answers of upstream servers, negative ones too (RFC 2308), for as long as their records allow but at most 30 s, as
 * kubeadm's CoreDNS. Bounded: the entry used longest ago makes room. Expired entries go when they are met or pushed out.
 */
export class AnswerCache {
  readonly #entries = new Map<string, Kept>() // in order of last use
  readonly #clock: Clock
  readonly #capacity: number

  constructor(clock: Clock, capacity = 2000) {
    this.#clock = clock
    this.#capacity = capacity
  }

  get(key: string): Uint8Array | undefined {
    const kept = this.#entries.get(key)
    if (!kept) return undefined
    this.#entries.delete(key)
    if (kept.until <= this.#clock.monotonic()) return undefined
    this.#entries.set(key, kept)
    return kept.message
  }

  put(key: string, message: Uint8Array, ttlSeconds: number): void {
    const seconds = Math.min(ttlSeconds, MAX_TTL_SECONDS)
    if (seconds <= 0) return
    this.#entries.delete(key)
    this.#entries.set(key, { message, until: this.#clock.monotonic() + seconds * 1000 })
    if (this.#entries.size > this.#capacity) this.#entries.delete(this.#entries.keys().next().value as string)
  }
}

const MAX_TTL_SECONDS = 30
