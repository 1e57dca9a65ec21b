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
  /** Bytes in use, garbage included, with what lies outside of the heap. */
  used(): number
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
/** What has to have come since the last collection for another to be worth its pause, and to be so at once. */
const WORTH_BYTES = 32 * 1024 * 1024
const MUCH_BYTES = 64 * 1024 * 1024
/** With more in use, giving memory back would hold the thread for longer than anybody should wait: V8 collects several times. */
const RELEASED_BYTES = 192 * 1024 * 1024

/**
 * Gives memory back after work. V8 collects garbage when more of it is made, so what a burst of requests left behind would
 * stay for as long as nobody asks for anything. A collection of everything holds the thread for 50 to 100 ms: it waits until
 * there is nothing else to do, and for enough to win; the more, the sooner. V8 keeps the pages that it has emptied, so there
 * is a second step that gives them back. No timer runs when nothing has happened.
 */
export class IdleCollection implements Component {
  readonly name = 'idle collection'
  readonly #deps: IdleCollectionDeps
  /** In use after the last collection from here. */
  #live = 0
  /** Whether the last collection is to be followed by a release. */
  #isFollowed = false
  /** Whether the next look is a soon one. */
  #isSoon = false
  #cancel: (() => void) | undefined

  constructor(deps: IdleCollectionDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { memory } = this.#deps
    const unwatch = memory.watch(() => this.#lookAfter(SOON_MS, true))
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    unwatch()
    this.#cancel?.()
  }

  #lookAfter(ms: number, isSoon: boolean): void {
    if (this.#cancel) return
    this.#deps.memory.busy()
    this.#isSoon = isSoon
    this.#cancel = this.#deps.clock.after(ms, () => void this.#look())
  }

  async #look(): Promise<void> {
    const { memory } = this.#deps
    this.#cancel = undefined
    if (memory.busy() > IDLE_SHARE) return this.#lookAfter(SOON_MS, true)
    const isSecond = this.#isFollowed
    const garbage = memory.used() - this.#live
    if (!isSecond && garbage < WORTH_BYTES) return
    if (!isSecond && this.#isSoon && garbage < MUCH_BYTES) return this.#lookAfter(LATER_MS - SOON_MS, false)
    this.#isFollowed = !isSecond
    if (isSecond && memory.used() < RELEASED_BYTES) await memory.release()
    else await memory.collect()
    this.#live = memory.used()
  }
}

/** That of this thread; undefined where Node.js was started without `--expose-gc`. */
export function ownMemory(): Memory | undefined {
  const { gc } = globalThis
  if (!gc) return undefined
  let last = performance.eventLoopUtilization()
  return {
    used() {
      const { used_heap_size, external_memory } = getHeapStatistics()
      return used_heap_size + external_memory
    },
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
