import type { Clock } from '../../base/clock.ts'

export interface LeaseManagerDeps {
  readonly clock: Clock
  /** Makes a lease of this duration and gives its number. */
  grant(ttlSeconds: number): Promise<number>
}

/** Upstream's limits (storage/etcd3 LeaseManagerConfig): a lease is shared for a minute, by at most 1,000 keys. */
const REUSE_SECONDS = 60
const REUSE_SHARE = 0.05
const MAX_KEYS = 1_000

interface Lease {
  readonly id: Promise<number>
  readonly expiresAtMs: number
  keys: number
}

/**
 * Shares leases: a key with a time to live takes the one that was granted last if that lasts long enough and not much
 * longer. So a thousand Events cost one lease, and live up to a minute longer than asked.
 */
export class LeaseManager {
  readonly #deps: LeaseManagerDeps
  /** The newest lease of each duration; as many as there are kinds with a time to live. */
  readonly #newest = new Map<number, Lease>()

  constructor(deps: LeaseManagerDeps) {
    this.#deps = deps
  }

  leaseFor(ttlSeconds: number): Promise<number> {
    const newest = this.#newest.get(ttlSeconds)
    if (newest && newest.keys < MAX_KEYS && this.#deps.clock.monotonic() + ttlSeconds * 1_000 < newest.expiresAtMs) {
      newest.keys++
      return newest.id
    }
    return this.#grant(ttlSeconds)
  }

  /** Etcd does not know the lease any more: the next key gets another. */
  forget(ttlSeconds: number): void {
    this.#newest.delete(ttlSeconds)
  }

  #grant(ttlSeconds: number): Promise<number> {
    const seconds = ttlSeconds + Math.floor(Math.min(REUSE_SECONDS, ttlSeconds * REUSE_SHARE))
    const id = this.#deps.grant(seconds)
    const lease: Lease = { id, expiresAtMs: this.#deps.clock.monotonic() + seconds * 1_000, keys: 1 }
    this.#newest.set(ttlSeconds, lease)
    id.catch(() => {
      if (this.#newest.get(ttlSeconds) === lease) this.#newest.delete(ttlSeconds)
    })
    return id
  }
}
