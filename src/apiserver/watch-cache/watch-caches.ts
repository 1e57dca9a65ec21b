import type { GroupResource } from '../../api/status-error.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { Store } from '../../store/store.ts'
import { indexesOf } from './cache-index.ts'
import { PastBudget } from './past-budget.ts'
import { RecentSources } from './recent-sources.ts'
import { ResourceCache } from './resource-cache.ts'

export interface WatchCachesDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
}

/** Watches may come back to as many bytes of events, of all resources together. */
const PAST_BYTES = 32 * 1024 * 1024

/** The caches of a server, one for each stored resource. A cache that nobody asks holds nothing and watches nothing. */
export class WatchCaches implements Component {
  readonly name = 'watch caches'
  readonly #deps: WatchCachesDeps
  readonly #past = new PastBudget(PAST_BYTES)
  readonly #sources = new RecentSources()
  readonly #byPrefix = new Map<string, ResourceCache>()
  /** Stops a cache that runs. */
  readonly #stops = new Map<ResourceCache, AbortController>()
  /** Runs a cache that came after `run` was called. */
  #start: ((cache: ResourceCache) => void) | undefined

  constructor(deps: WatchCachesDeps) {
    this.#deps = deps
  }

  /** What is kept of the past for watches, in bytes. */
  pastBytes(): number {
    return this.#past.bytes
  }

  /** The cache of what is stored under `prefix`; the same for every call. */
  cacheOf(resource: GroupResource, prefix: string): ResourceCache {
    let cache = this.#byPrefix.get(prefix)
    if (!cache) {
      const { store, clock, log } = this.#deps
      const shared = { store, clock, log, past: this.#past, sources: this.#sources }
      cache = new ResourceCache({ ...shared, prefix, indexes: indexesOf(resource) })
      this.#byPrefix.set(prefix, cache)
      this.#start?.(cache)
    }
    return cache
  }

  /** Ends the cache of what was stored under `prefix`, and its watches; the next `cacheOf` makes a new one. */
  drop(prefix: string): void {
    const cache = this.#byPrefix.get(prefix)
    if (!cache) return
    this.#byPrefix.delete(prefix)
    this.#stops.get(cache)?.abort()
    this.#stops.delete(cache)
  }

  /** Loads every cache that exists: for a server that shall answer its first requests without delay. */
  async load(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#byPrefix.values()].map((cache) => cache.ready(signal)))
  }

  async run(signal: AbortSignal): Promise<void> {
    const failed = Promise.withResolvers<void>()
    const running = new Set<Promise<void>>()
    this.#start = (cache) => {
      const stop = new AbortController()
      this.#stops.set(cache, stop)
      const run = cache.run(AbortSignal.any([signal, stop.signal]))
      running.add(run)
      run.then(() => running.delete(run), failed.reject)
    }
    for (const cache of this.#byPrefix.values()) this.#start(cache)
    signal.addEventListener('abort', () => failed.resolve(), { once: true })
    if (!signal.aborted) await failed.promise
    await Promise.all(running)
  }
}
