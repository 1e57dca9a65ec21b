import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { ExpiryTimer } from '../expiry-timer.ts'
import { followLog, type LogSource } from '../follow-log.ts'
import { LiveWatchers } from '../live-watchers.ts'
import {
  CompactedError,
  type Entry,
  FutureRevisionError,
  type ListPage,
  type ListRange,
  type PutOptions,
  RevisionMismatch,
  type Store,
  type StoreEvent,
  StoreUnavailable,
  type WatchSink,
} from '../store.ts'
import { CommitQueue, type PendingWrite } from './commit-queue.ts'
import { lockFile } from './file-lock.ts'
import type { BatchOutcome, OpenedState, WriteBatch } from './messages.ts'
import { Reader } from './reader.ts'
import { damaged, isDamage } from './schema.ts'
import { WriterThread } from './writer-thread.ts'

export interface SqliteStoreOptions {
  /** The database; `-wal`, `-shm`, `.lock` and `.pid` files lie beside it. */
  readonly file: string
  readonly clock: Clock
  /** Writes that would make the database larger are refused with StoreUnavailable. Default: what the disk holds. */
  readonly maxBytes?: number
  /** Writes that may wait for a commit. */
  readonly maxQueuedWrites?: number
}

const MAX_QUEUED_WRITES = 20_000
const MAX_QUEUED_BYTES = 128 * 1024 * 1024
/** Keys or writes read at a time, before other work gets its turn. */
const READ_PAGE = 500
/** Between two looks whether a disk that took no writes takes them again. */
const PROBE_MS = 5_000
const NOTHING = new Uint8Array()

/**
 * The embedded store: one SQLite database, written by a thread of its own in group commits, read on the main thread. An
 * acknowledged write is on the disk (WAL, synchronous=FULL).
 */
export class SqliteStore implements Store {
  readonly isShared = false
  readonly #file: string
  readonly #clock: Clock
  readonly #reader: Reader
  readonly #writer: WriterThread
  readonly #queue: CommitQueue
  readonly #expiry: ExpiryTimer
  readonly #release: () => void
  /** The newest published write: everything is read as of it. */
  #revision: number
  #compacted: number
  #unhealthy: string | undefined
  /** Found by a read; stays, whatever else works. */
  #damage: string | undefined
  #cancelProbe: () => void = () => {}
  #closing: Promise<void> | undefined
  readonly #source: LogSource = {
    live: new LiveWatchers(),
    revision: () => this.#revision,
    compactedRevision: () => this.#compacted,
    readLog: (prefix, after, upTo) => this.#read(() => this.#reader.log(prefix, after, upTo, READ_PAGE)),
  }

  /** Throws DatabaseRefused when the file is damaged, of a newer format or in use by another process. */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const release = lockFile(options.file)
    const writer = new WriterThread()
    try {
      const { file, maxBytes } = options
      const opened = await writer.call('opened', { type: 'open', file, ...(maxBytes !== undefined && { maxBytes }) })
      const store = new SqliteStore(options, writer, release, opened)
      void writer.ended.then((fault) => store.#broken(fault))
      return store
    } catch (error) {
      await writer.terminate()
      release()
      throw error
    }
  }

  private constructor(options: SqliteStoreOptions, writer: WriterThread, release: () => void, opened: OpenedState) {
    this.#file = options.file
    this.#clock = options.clock
    this.#writer = writer
    this.#release = release
    this.#revision = opened.revision
    this.#compacted = opened.compacted
    this.#reader = new Reader(options.file)
    this.#queue = new CommitQueue({
      commit: (batch) => this.#commit(batch),
      publish: (writes, outcome) => this.#publish(writes, outcome),
      maxWrites: options.maxQueuedWrites ?? MAX_QUEUED_WRITES,
      maxBytes: MAX_QUEUED_BYTES,
    })
    this.#expiry = new ExpiryTimer({
      clock: options.clock,
      nextDue: () => this.#reader.nextExpiry(),
      expire: (now) => this.#expire(now),
    })
    this.#expiry.note(this.#reader.nextExpiry())
  }

  async get(key: string): Promise<{ entry: Entry | undefined; revision: number }> {
    this.#requireOpen()
    return { entry: this.#read(() => this.#reader.get(key, this.#revision)), revision: this.#revision }
  }

  async list(prefix: string, { limit, startKey, revision }: ListRange = {}): Promise<ListPage> {
    this.#requireOpen()
    const asOf = revision ?? this.#revision
    if (asOf > this.#revision) throw new FutureRevisionError(this.#revision)
    const entries: Entry[] = []
    const first = startKey !== undefined && startKey > prefix ? startKey : prefix
    let next: string | undefined = first
    while (next !== undefined && !(limit && entries.length >= limit)) {
      if (next !== first) {
        await nextTurn() // a large listing is no reason for others to wait
        this.#requireOpen()
      }
      if (asOf < this.#compacted) throw new CompactedError(this.#compacted)
      const wanted = limit ? Math.min(limit - entries.length, READ_PAGE) : READ_PAGE
      const start: string = next
      const page = this.#read(() => this.#reader.page(prefix, start, wanted, asOf))
      entries.push(...page.entries)
      next = page.next
    }
    const last = entries.at(-1)
    const remaining = last && next !== undefined ? this.#reader.countAfter(prefix, last.key, asOf) : 0
    return { entries, revision: asOf, remaining }
  }

  put(key: string, value: Uint8Array, expected: number, { ttlSeconds }: PutOptions = {}): Promise<number> {
    if (!ttlSeconds) return this.#write(key, value, expected, 0)
    const expires = this.#clock.now() + ttlSeconds * 1_000
    return this.#write(key, value, expected, expires).then((revision) => {
      this.#expiry.note(expires)
      return revision
    })
  }

  delete(key: string, expected: number): Promise<number> {
    return this.#write(key, undefined, expected, 0)
  }

  async watch(prefix: string, afterRevision: number, sink: WatchSink, signal: AbortSignal): Promise<void> {
    this.#requireOpen()
    return followLog(this.#source, prefix, afterRevision, sink, signal)
  }

  revision(): number {
    return this.#revision
  }

  async synced(): Promise<number> {
    this.#requireOpen()
    return this.#revision
  }

  async compact(revision: number): Promise<void> {
    this.#requireOpen()
    if (revision <= this.#compacted) throw new CompactedError(this.#compacted)
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision)
    const before = this.#compacted
    this.#compacted = revision // from here on nothing older is read, as it may be swept any time
    try {
      await this.#writer.call('done', { type: 'compact', revision })
    } catch (error) {
      this.#compacted = before
      throw error
    }
  }

  unhealthy(): string | undefined {
    return this.#closing ? 'the store is closed' : (this.#damage ?? this.#unhealthy)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#expiry.stop()
    this.#cancelProbe()
    await this.#queue.drained()
    this.#source.live.failAll(new StoreUnavailable('the store is closed'))
    this.#reader[Symbol.dispose]()
    await this.#writer.call('done', { type: 'close' }).catch(() => {}) // a broken writer has nothing open any more
    await this.#writer.terminate()
    this.#release()
  }

  /** What is damaged is said as such, here and in `unhealthy()`. */
  #read<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#damage ??= damaged(this.#file, (error as Error).message).message
      throw new StoreUnavailable(this.#damage, { cause: error })
    }
  }

  #requireOpen(): void {
    if (this.#closing) throw new StoreUnavailable('the store is closed')
  }

  #write(key: string, value: Uint8Array | undefined, expected: number, expires: number): Promise<number> {
    if (this.#closing) return Promise.reject(new StoreUnavailable('the store is closed'))
    return new Promise((resolve, reject) => {
      const settle: PendingWrite['settle'] = (outcome) => {
        if (outcome instanceof Error) reject(outcome)
        else if (outcome.revision === 0) reject(new RevisionMismatch(key, outcome.previous))
        else resolve(outcome.revision)
      }
      this.#queue.add({ key, value, expected, expires, settle })
    })
  }

  async #commit(batch: WriteBatch): Promise<BatchOutcome> {
    try {
      const outcome = await this.#writer.call('committed', { type: 'commit', ...batch }, [batch.bytes.buffer])
      this.#recovered()
      return outcome
    } catch (error) {
      this.#fail((error as Error).message)
      throw error
    }
  }

  #publish(writes: readonly PendingWrite[], { revisions, previous }: BatchOutcome): void {
    const events: StoreEvent[] = []
    for (let index = 0; index < writes.length; index++) {
      const revision = revisions[index]!
      if (revision > 0) events.push(asEvent(writes[index]!, revision, previous[index]!))
    }
    const last = events.at(-1)
    if (!last) return
    this.#revision = last.revision
    this.#source.live.publish(events, last.revision)
  }

  async #expire(now: number): Promise<void> {
    const due = this.#reader.expired(now).map(({ key, revision }) => this.delete(key, revision))
    for (const outcome of await Promise.allSettled(due)) {
      if (outcome.status === 'fulfilled' || outcome.reason instanceof RevisionMismatch) continue // written again
      throw outcome.reason
    }
  }

  #recovered(): void {
    if (this.#unhealthy === undefined) return
    this.#unhealthy = undefined
    this.#cancelProbe()
  }

  /** From a write that failed until one succeeds: clients may have stopped writing, so the store tries by itself. */
  #fail(why: string): void {
    const wasHealthy = this.#unhealthy === undefined
    this.#unhealthy = why
    if (wasHealthy) this.#probeLater()
  }

  #probeLater(): void {
    if (this.#closing) return
    this.#cancelProbe = this.#clock.after(PROBE_MS, () => {
      this.#writer.call('done', { type: 'probe' }).then(
        () => this.#recovered(),
        () => this.#probeLater(),
      )
    })
  }

  #broken(fault: StoreUnavailable): void {
    if (this.#closing) return
    this.#unhealthy = fault.message
    this.#source.live.failAll(fault)
  }
}

function asEvent({ key, value }: PendingWrite, revision: number, previous: number): StoreEvent {
  if (!value) return { type: 'delete', key, value: NOTHING, revision, isCreation: false }
  return { type: 'put', key, value, revision, isCreation: previous === 0 }
}
