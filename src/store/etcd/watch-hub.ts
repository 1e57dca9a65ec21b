import type { Clock } from '../../base/clock.ts'
import { LiveWatchers } from '../live-watchers.ts'
import { CompactedError, type StoreEvent, StoreUnavailable, type WatchSink } from '../store.ts'
import { EventStream, type EventStreamDeps } from './event-stream.ts'

export interface WatchHubDeps extends EventStreamDeps {
  readonly clock: Clock
  /** Told before watchers are: everything up to the revision is about to be visible. */
  onProgress(revision: number): void
  /** The stream was lost and is opened again. */
  onLost(error: Error): void
}

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 2_000

interface Waiter {
  readonly revision: number
  readonly resolve: () => void
}

/**
 * All watches of the process on one stream of etcd: each event is sent once, and every watcher's progress is the same. The
 * stream is opened for the first watcher and opened again where it broke; watchers only hear of that when what came
 * meanwhile was compacted away.
 */
export class WatchHub {
  readonly #deps: WatchHubDeps
  readonly #live = new LiveWatchers()
  readonly #waiters = new Set<Waiter>()
  #stream: EventStream | undefined
  #isRunning = false
  #closed: StoreUnavailable | undefined
  /** Live watchers have been told everything up to here. */
  #told = 0
  /** Of the newest event told, or where the hub began: after it nothing happened up to `#told`. */
  #lastEvent = 0

  constructor(deps: WatchHubDeps) {
    this.#deps = deps
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Store.watch. `newest`: a revision that the store is known to have reached. */
  async watch(prefix: string, after: number, newest: number, sink: WatchSink, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw this.#closed
    if (!this.#isRunning) this.#start(Math.min(after, newest))
    sink([], Math.min(after, newest))
    if (after >= this.#lastEvent) return this.#join(prefix, after, sink, signal)
    return this.#catchUp(prefix, after, sink, signal)
  }

  /** Resolves when live watchers have been told up to `revision`: true, or false after `timeoutMs`. */
  reach(revision: number, timeoutMs: number): Promise<boolean> {
    if (this.#told >= revision) return Promise.resolve(true)
    return new Promise((resolve) => {
      const finish = (reached: boolean) => {
        cancel()
        this.#waiters.delete(waiter)
        resolve(reached)
      }
      const waiter: Waiter = { revision, resolve: () => finish(true) }
      const cancel = this.#deps.clock.after(timeoutMs, () => finish(this.#told >= revision))
      this.#waiters.add(waiter)
    })
  }

  requestProgress(): void {
    this.#stream?.requestProgress()
  }

  /** The stream is behind what is known to be there: it is opened again, on another member. */
  suspect(): void {
    this.#stream?.close(new StoreUnavailable('a watch of etcd fell silent'))
  }

  close(): void {
    this.#closed = new StoreUnavailable('the store is closed')
    this.#stream?.close(this.#closed)
    this.#live.failAll(this.#closed)
    this.#releaseWaiters(Number.POSITIVE_INFINITY)
  }

  #start(after: number): void {
    this.#isRunning = true
    this.#told = after
    this.#lastEvent = after
    void this.#run()
  }

  /** Until the hub is closed or its past is lost. */
  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!this.#closed) {
      const before = this.#told
      const error = await this.#follow()
      if (this.#closed) break
      if (error instanceof CompactedError) return this.#lose(error)
      this.#deps.onLost(error)
      this.#deps.connection.rotate()
      if (this.#told > before) retryMs = FIRST_RETRY_MS
      await this.#deps.clock.sleep(retryMs)
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
    }
  }

  async #follow(): Promise<Error> {
    try {
      this.#stream = await EventStream.open(this.#deps, this.#told, (events, revision) => this.#tell(events, revision))
    } catch (error) {
      return error as Error
    }
    const error = await this.#stream.ended
    this.#stream = undefined
    return error
  }

  #tell(events: readonly StoreEvent[], revision: number): void {
    if (revision <= this.#told) return // progress from a member that is behind
    this.#told = revision
    if (events.length > 0) this.#lastEvent = revision
    this.#deps.onProgress(revision)
    this.#live.publish(events, revision)
    this.#releaseWaiters(revision)
  }

  #releaseWaiters(revision: number): void {
    for (const waiter of this.#waiters) if (waiter.revision <= revision) waiter.resolve()
  }

  /** Watchers list again and come back; the first of them opens a new stream. */
  #lose(error: Error): void {
    this.#isRunning = false
    this.#live.failAll(error)
  }

  /** Live from now on; what came up to `told` is not told again. */
  #join(prefix: string, told: number, sink: WatchSink, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    if (told < this.#told) sink([], this.#told) // nothing happened in between
    const later: WatchSink = (events, revision) =>
      sink(
        events.filter((event) => event.revision > told),
        revision,
      )
    return this.#live.join(prefix, told > this.#told ? later : sink, signal)
  }

  /**
   * Reads the past on a stream of its own, of everything, up to the newest event that live watchers know, and goes live in
   * the turn in which that came. As the event it waits for exists, no progress notification has to be trusted.
   */
  async #catchUp(prefix: string, after: number, sink: WatchSink, signal: AbortSignal): Promise<void> {
    const live = Promise.withResolvers<{ rest: Promise<void> }>()
    const stream = await EventStream.open(this.#deps, after, (events, revision) => {
      const own = events.filter((event) => event.key.startsWith(prefix))
      if (signal.aborted) return
      sink(own, revision)
      if (revision < this.#lastEvent) return
      const rest = this.#join(prefix, revision, sink, signal)
      rest.catch(() => {}) // the caller gets it
      live.resolve({ rest })
      stream.close(new StoreUnavailable('caught up'))
    })
    const leave = () => live.resolve({ rest: Promise.resolve() })
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    try {
      const failed = stream.ended.then((error) => Promise.reject(error))
      failed.catch(() => {})
      const { rest } = await Promise.race([live.promise, failed])
      await rest
    } finally {
      signal.removeEventListener('abort', leave)
      stream.close(new StoreUnavailable('no longer needed'))
    }
  }
}
