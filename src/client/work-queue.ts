import type { Clock } from '../base/clock.ts'
import { exponentialDelay } from './backoff.ts'
import { DelayedKeys } from './delayed-keys.ts'

export interface WorkQueueOptions {
  readonly clock: Clock
  /** Delay before the first retry of a key; doubles with each. */
  readonly firstRetryMs?: number
  readonly maxRetryMs?: number
}

/**
 * Keys to work on, as client-go's workqueue: a key is handed to one worker at a time, a key added while being worked on
 * is handed out again afterwards, adding twice is adding once. So its size is bounded by the number of distinct keys.
 */
export class WorkQueue<K> {
  readonly #options: Required<WorkQueueOptions>
  readonly #dirty = new Set<K>() // wanted and not handed out
  readonly #working = new Set<K>() // handed out and not done
  readonly #ready = new Set<K>() // dirty and not working, in the order of arrival
  readonly #takers: ((key: K) => void)[] = [] // none while #ready has keys
  readonly #failures = new Map<K, number>()
  readonly #delayed: DelayedKeys<K>

  constructor(options: WorkQueueOptions) {
    this.#options = { firstRetryMs: 5, maxRetryMs: 1_000_000, ...options }
    this.#delayed = new DelayedKeys(options.clock, (key) => this.add(key))
  }

  /** How many keys wait for a worker. */
  get depth(): number {
    return this.#dirty.size
  }

  /** Nothing waits, nothing is worked on; delayed keys do not count. */
  get idle(): boolean {
    return this.#dirty.size === 0 && this.#working.size === 0
  }

  add(key: K): void {
    if (this.#dirty.has(key)) return
    this.#dirty.add(key)
    if (!this.#working.has(key)) this.#offer(key) // otherwise done() offers it
  }

  /** Adds the key in `ms`; the earliest of several times counts. */
  addAfter(key: K, ms: number): void {
    if (ms <= 0) this.add(key)
    else this.#delayed.add(key, ms)
  }

  /** Adds the key after a delay that doubles with each failure: 5 ms to 1,000 s unless configured. */
  retry(key: K): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.addAfter(key, exponentialDelay(failures, this.#options.firstRetryMs, this.#options.maxRetryMs))
  }

  /** Ends the series of failures. */
  forget(key: K): void {
    this.#failures.delete(key)
  }

  failures(key: K): number {
    return this.#failures.get(key) ?? 0
  }

  /** The next key; `done` must follow. Undefined when the signal aborts. */
  async take(signal: AbortSignal): Promise<K | undefined> {
    if (signal.aborted) return undefined
    for (const key of this.#ready) return this.#hand(key)
    return this.#await(signal)
  }

  /** The worker is finished with the key, well or not. */
  done(key: K): void {
    this.#working.delete(key)
    if (this.#dirty.has(key)) this.#offer(key)
  }

  /** Drops everything that waits, timers included. */
  clear(): void {
    this.#delayed.clear()
    this.#ready.clear()
    this.#dirty.clear()
    this.#failures.clear()
  }

  #offer(key: K): void {
    const taker = this.#takers.shift()
    if (taker) taker(this.#hand(key))
    else this.#ready.add(key)
  }

  #hand(key: K): K {
    this.#ready.delete(key)
    this.#dirty.delete(key)
    this.#working.add(key)
    return key
  }

  #await(signal: AbortSignal): Promise<K | undefined> {
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#takers.splice(this.#takers.indexOf(taker), 1)
        resolve(undefined)
      }
      const taker = (key: K) => {
        signal.removeEventListener('abort', onAbort)
        resolve(key)
      }
      this.#takers.push(taker)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}
