import { PerformanceObserver, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'

export interface IdleCollectionDeps {
  readonly clock: Pick<Clock, 'after'>
  readonly memory: Memory
}

/** What V8 tells of its memory, and what can be told to it. */
export interface Memory {
  /** Bytes of the heap's pages, empty ones included, with what lies outside of the heap. */
  held(): number
  /** Bytes of the heap in use, garbage included: what a collection has to look at. */
  heap(): number
  /** The share of the time since the last call in which this thread did something. */
  busy(): number
  /** Collects garbage, all of it. */
  collect(): Promise<void>
  /** Gives back to the system what collections have emptied. */
  release(): Promise<void>
  /** Calls `changed` after collections, V8's own too: something uses memory. Gives what ends it. */
  watch(changed: () => void): () => void
}

/**
 * How long after a sign of life to look whether it was the last: soon, for much, and later for less. Not so soon that a client
 * which pauses between two bursts finds the heap small again: creates cost a tenth more with 2 s.
 */
const SOON_MS = 5_000
const LATER_MS = 10_000
/** With more to do than this, nobody has time for a long collection. */
const IDLE_SHARE = 0.1
/**
 * What has to have come since the last release for another to be worth its pause, and to be so at once. Garbage alone is no
 * measure: V8 may have collected it just before the work ended, and keeps the pages.
 */
const WORTH_BYTES = 32 * 1024 * 1024
const MUCH_BYTES = 64 * 1024 * 1024
/** Between a collection and the release: nothing has happened for long enough then. */
const RELEASE_MS = 1_000
/** With more in use, giving memory back would hold the thread for longer than anybody should wait: V8 collects several times. */
const RELEASED_HEAP_BYTES = 128 * 1024 * 1024

/**
 * Gives memory back after work. V8 collects garbage when more of it is made, so what a burst of requests left behind would
 * stay for as long as nobody asks for anything. A collection of everything holds the thread for 50 to 100 ms: it waits until
 * there is nothing else to do, and for enough to win; the more, the sooner. V8 keeps the pages that it has emptied, so there
 * is a second step that gives them back. No timer runs when nothing has happened.
 */
export class IdleCollection implements Component {
  readonly name = 'idle collection'
  readonly #deps: IdleCollectionDeps
  /** Held after the last release. */
  #kept = 0
  /** What the last collection left in the heap, until it is followed by a release. */
  #collected: number | undefined
  /** Whether the next look is a soon one. */
  #isSoon = false
  #cancel: (() => void) | undefined
  #isRunning = false

  constructor(deps: IdleCollectionDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { memory } = this.#deps
    this.#isRunning = true
    const unwatch = memory.watch(() => this.#lookAfter(SOON_MS, true))
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    this.#isRunning = false
    unwatch()
    this.#cancel?.()
  }

  #lookAfter(ms: number, isSoon: boolean): void {
    if (this.#cancel || !this.#isRunning) return
    this.#deps.memory.busy()
    this.#isSoon = isSoon
    this.#cancel = this.#deps.clock.after(ms, () => void this.#look())
  }

  async #look(): Promise<void> {
    const { memory } = this.#deps
    this.#cancel = undefined
    if (memory.busy() > IDLE_SHARE) return this.#lookAfter(SOON_MS, true)
    if (this.#isReleaseDue()) return this.#release()
    const more = memory.held() - this.#kept
    if (more < WORTH_BYTES) return
    if (this.#isSoon && more < MUCH_BYTES) return this.#lookAfter(LATER_MS - SOON_MS, false)
    return this.#collect()
  }

  async #collect(): Promise<void> {
    const { memory } = this.#deps
    await memory.collect()
    this.#collected = memory.heap()
    this.#cancel?.() // the collection was a sign of life, too
    this.#cancel = undefined
    this.#lookAfter(RELEASE_MS, true)
  }

  /** Not when there was work since the collection: its garbage would make the release longer. */
  #isReleaseDue(): boolean {
    return this.#collected !== undefined && this.#deps.memory.heap() < this.#collected + WORTH_BYTES
  }

  /** V8 counts what lies outside of the heap as in use until the collection after the one that freed it: this one. */
  async #release(): Promise<void> {
    const { memory } = this.#deps
    this.#collected = undefined
    if (memory.heap() < RELEASED_HEAP_BYTES) await memory.release()
    else await memory.collect()
    this.#kept = memory.held()
  }
}

/** That of this thread; undefined where Node.js was started without `--expose-gc`. */
export function ownMemory(): Memory | undefined {
  const { gc } = globalThis
  if (!gc) return undefined
  let last = performance.eventLoopUtilization()
  return {
    held() {
      const { total_heap_size, external_memory } = getHeapStatistics()
      return total_heap_size + external_memory
    },
    heap: () => getHeapStatistics().used_heap_size,
    busy() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, last)
      last = now
      return utilization
    },
    collect: () => gc({ type: 'major', execution: 'async' }),
    release: async () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
    watch(changed) {
      const observer = new PerformanceObserver(changed)
      observer.observe({ entryTypes: ['gc'] })
      return () => observer.disconnect()
    },
  }
}
