import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../../base/clock.ts'
import { followLog, type LogSource } from '../follow-log.ts'
import { LiveWatchers } from '../live-watchers.ts'
import {
  CompactedError,
  type Entry,
  FutureRevisionError,
  type ListPage,
  type ListRange,
  OutcomeUnknown,
  type PutOptions,
  type Store,
  StoreUnavailable,
  type WatchSink,
} from '../store.ts'
import { FollowerCalls } from './follower-calls.ts'
import type { FollowerSeat, LeaderMessage } from './follower-messages.ts'
import { Reader } from './reader.ts'

export interface FollowerStoreInit {
  readonly seat: FollowerSeat
  readonly clock: Clock
}

/** Keys or writes read at a time, before other work gets its turn. */
const READ_PAGE = 500
/** Between two questions whether a store that took no writes takes them again. */
const PROBE_MS = 5_000
const CLOSED = 'the store is closed'

/**
 * The embedded store, seen from another thread than the one that has it (see Followers): reads go to the database, on a
 * connection of this thread's own, writes to the thread that has the store.
 */
export class FollowerStore implements Store {
  readonly isShared = false
  readonly #clock: Clock
  readonly #reader: Reader
  readonly #port: MessagePort
  readonly #calls: FollowerCalls
  readonly #newest: BigInt64Array
  readonly #live = new LiveWatchers()
  /** Up to where watchers that are live have been told: not above `revision()`. */
  #told: number
  #telling: Promise<void> | undefined
  #problem: string | undefined
  #cancelProbe: () => void = () => {}
  #closing: Promise<void> | undefined
  readonly #source: LogSource = {
    live: this.#live,
    revision: () => this.#told,
    compactedRevision: () => this.#reader.compacted(),
    readLog: (prefix, after, upTo) => this.#readLog(prefix, after, upTo),
  }

  constructor({ seat, clock }: FollowerStoreInit) {
    this.#clock = clock
    this.#reader = new Reader(seat.file)
    this.#newest = new BigInt64Array(seat.newest)
    this.#told = this.revision()
    this.#port = seat.port
    this.#calls = new FollowerCalls(seat.port)
    seat.port.on('message', (message: LeaderMessage) => this.#receive(message))
    seat.port.on('close', () => this.#ended())
  }

  async get(key: string): Promise<{ entry: Entry | undefined; revision: number }> {
    this.#requireOpen()
    const revision = this.revision()
    return { entry: this.#reader.get(key, revision), revision }
  }

  async list(prefix: string, { limit, startKey, revision }: ListRange = {}): Promise<ListPage> {
    this.#requireOpen()
    const asOf = revision ?? this.revision()
    if (asOf > this.revision()) throw new FutureRevisionError(this.revision())
    const entries: Entry[] = []
    const first = startKey !== undefined && startKey > prefix ? startKey : prefix
    let next: string | undefined = first
    while (next !== undefined && !(limit && entries.length >= limit)) {
      if (next !== first) {
        await nextTurn() // a large listing is no reason for others to wait
        this.#requireOpen()
      }
      const wanted = limit ? Math.min(limit - entries.length, READ_PAGE) : READ_PAGE
      const page = this.#reader.page(prefix, next, wanted, asOf)
      this.#requireKept(asOf)
      entries.push(...page.entries)
      next = page.next
    }
    const last = entries.at(-1)
    const remaining = last && next !== undefined ? this.#reader.countAfter(prefix, last.key, asOf) : 0
    return { entries, revision: asOf, remaining }
  }

  put(key: string, value: Uint8Array, expected: number, { ttlSeconds = 0 }: PutOptions = {}): Promise<number> {
    return this.#write(key, value, expected, ttlSeconds)
  }

  delete(key: string, expected: number): Promise<number> {
    return this.#write(key, undefined, expected, 0)
  }

  async watch(prefix: string, afterRevision: number, sink: WatchSink, signal: AbortSignal): Promise<void> {
    this.#requireOpen()
    return followLog(this.#source, prefix, afterRevision, sink, signal)
  }

  revision(): number {
    return Number(Atomics.load(this.#newest, 0))
  }

  async synced(): Promise<number> {
    this.#requireOpen()
    const revision = this.revision()
    await this.#tell()
    return revision
  }

  async compact(revision: number): Promise<void> {
    this.#requireOpen()
    await this.#calls.compact(revision)
  }

  unhealthy(): string | undefined {
    return this.#closing ? CLOSED : this.#problem
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#cancelProbe()
    await this.#calls.settled()
    this.#live.failAll(new StoreUnavailable(CLOSED))
    this.#port.close()
    await this.#telling
    this.#reader[Symbol.dispose]()
  }

  #requireOpen(): void {
    if (this.#closing) throw new StoreUnavailable(CLOSED)
  }

  /** What was read as of `revision` is whole: the sweep that follows a compaction has not come so far. */
  #requireKept(revision: number): void {
    const compacted = this.#reader.compacted()
    if (revision < compacted) throw new CompactedError(compacted)
  }

  #readLog(prefix: string, after: number, upTo: number): ReturnType<Reader['log']> {
    const page = this.#reader.log(prefix, after, upTo, READ_PAGE)
    this.#requireKept(after)
    return page
  }

  async #write(key: string, value: Uint8Array | undefined, expected: number, ttlSeconds: number): Promise<number> {
    this.#requireOpen()
    try {
      const revision = await this.#calls.write(key, value, expected, ttlSeconds)
      if (this.#told < revision) await this.#tell()
      this.#recovered()
      return revision
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#fail(error.message)
      throw error
    }
  }

  #receive(message: LeaderMessage): void {
    if (message.type === 'published') void this.#tell()
    else if (message.type === 'outcomes') this.#calls.settle(message.outcomes)
    else if (message.problem === undefined) this.#recovered()
    else this.#fail(message.problem)
  }

  /** Tells the live watchers of what was published before the call. */
  #tell(): Promise<void> {
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined
    })
    return this.#telling
  }

  async #tellAll(): Promise<void> {
    try {
      while (this.#told < this.revision()) {
        const { events, revision } = this.#readLog('', this.#told, this.revision())
        this.#told = revision
        this.#live.publish(events, revision)
        if (events.length === READ_PAGE) await nextTurn()
      }
    } catch (error) {
      this.#told = this.revision() // what lies between is lost to those who were live, and they are told so
      this.#live.failAll(error as Error)
    }
  }

  #recovered(): void {
    this.#problem = undefined
    this.#cancelProbe()
  }

  #fail(problem: string): void {
    if (this.#closing) return
    this.#problem = problem
    this.#cancelProbe()
    this.#cancelProbe = this.#clock.after(PROBE_MS, () => this.#port.postMessage({ type: 'health' }))
  }

  /** The thread that has the store has closed it, or is gone. */
  #ended(): void {
    const fault = new OutcomeUnknown(CLOSED)
    this.#calls.failAll(fault)
    if (this.#closing) return
    this.#live.failAll(new StoreUnavailable(CLOSED))
    void this.close()
  }
}
