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

/** One write. The writes of a key are chained, the newest first. */
interface Write extends Entry {
  readonly deleted: boolean
  readonly expires?: number
  /** The write before to the same key, also when that was a deletion; cut off by compaction. */
  earlier: Write | undefined
}

const NOTHING = new Uint8Array()
const LOG_PAGE = 1_000

/** A store that forgets everything when the process ends: for tests and for clusters that are thrown away. */
export class MemoryStore implements Store {
  readonly isShared = false
  readonly #clock: Clock
  readonly #expiry: ExpiryTimer
  /** The newest write of each key, deletions too until they are compacted. */
  readonly #newest = new Map<string, Write>()
  /** The keys of `#newest` in order, undefined after one came or went. */
  #sortedKeys: string[] | undefined
  /** Writes in order of revision, without gaps; the last is the store's revision. */
  #log: Write[] = []
  #revision = 1
  #compacted = 0
  #closed = false
  readonly #source: LogSource = {
    live: new LiveWatchers(),
    revision: () => this.#revision,
    compactedRevision: () => this.#compacted,
    readLog: (prefix, after, upTo) => this.#readLog(prefix, after, upTo),
  }

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
    this.#expiry = new ExpiryTimer({
      clock,
      nextDue: () => this.#nextDue(),
      expire: (now) => this.#expire(now),
    })
  }

  async get(key: string): Promise<{ entry: Entry | undefined; revision: number }> {
    this.#requireOpen()
    const newest = this.#newest.get(key)
    return { entry: newest && asEntry(newest), revision: this.#revision }
  }

  async list(prefix: string, { limit, startKey = prefix, revision }: ListRange = {}): Promise<ListPage> {
    this.#requireOpen()
    const asOf = revision ?? this.#revision
    if (asOf > this.#revision) throw new FutureRevisionError(this.#revision)
    if (asOf < this.#compacted) throw new CompactedError(this.#compacted)
    const entries: Entry[] = []
    for (const key of this.#keysFrom(startKey < prefix ? prefix : startKey)) {
      if (!key.startsWith(prefix)) break
      const entry = asEntry(writeAt(this.#newest.get(key), asOf))
      if (entry) entries.push(entry)
    }
    const page = limit ? entries.slice(0, limit) : entries
    return { entries: page, revision: asOf, remaining: entries.length - page.length }
  }

  async put(key: string, value: Uint8Array, expected: number, { ttlSeconds }: PutOptions = {}): Promise<number> {
    await undefined // a sink that writes is not told of its own write before it returns
    this.#guard(key, expected)
    const revision = this.#revision + 1
    const createRevision = this.#live(key)?.createRevision ?? revision
    const expires = ttlSeconds ? this.#clock.now() + ttlSeconds * 1_000 : undefined
    const earlier = this.#newest.get(key)
    this.#append({ key, value, createRevision, revision, deleted: false, expires, earlier })
    this.#expiry.note(expires)
    return revision
  }

  async delete(key: string, expected: number): Promise<number> {
    await undefined
    this.#guard(key, expected)
    if (expected === 0) throw new RevisionMismatch(key, 0)
    const revision = this.#revision + 1
    const earlier = this.#newest.get(key)
    this.#append({ key, value: NOTHING, createRevision: 0, revision, deleted: true, earlier })
    return revision
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
    this.#compacted = revision
    for (const write of this.#log) {
      if (write.revision > revision) break
      write.earlier = undefined
      if (write.deleted && this.#newest.get(write.key) === write) this.#forget(write.key)
    }
    this.#log = this.#log.filter((write) => write.revision > revision)
  }

  unhealthy(): string | undefined {
    return this.#closed ? 'the store is closed' : undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#expiry.stop()
    this.#source.live.failAll(new StoreUnavailable('the store is closed'))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreUnavailable('the store is closed')
  }

  #guard(key: string, expected: number): void {
    this.#requireOpen()
    const actual = this.#live(key)?.revision ?? 0
    if (actual !== expected) throw new RevisionMismatch(key, actual)
  }

  #live(key: string): Write | undefined {
    const newest = this.#newest.get(key)
    return newest?.deleted ? undefined : newest
  }

  #append(write: Write): void {
    if (!write.earlier) this.#sortedKeys = undefined
    this.#newest.set(write.key, write)
    this.#log.push(write)
    this.#revision = write.revision
    this.#source.live.publish([asEvent(write)], write.revision)
  }

  #forget(key: string): void {
    this.#newest.delete(key)
    this.#sortedKeys = undefined
  }

  *#keysFrom(start: string): Iterable<string> {
    this.#sortedKeys ??= [...this.#newest.keys()].sort()
    const keys = this.#sortedKeys
    for (let index = firstNotBefore(keys, start); index < keys.length; index++) yield keys[index]!
  }

  #readLog(prefix: string, after: number, upTo: number): { events: StoreEvent[]; revision: number } {
    const start = Math.max(0, after + 1 - (this.#log[0]?.revision ?? 0)) // revisions have no gaps
    const page = this.#log.slice(start, start + LOG_PAGE).filter((write) => write.revision <= upTo)
    const events = page.filter((write) => write.key.startsWith(prefix)).map(asEvent)
    return { events, revision: page.at(-1)?.revision ?? upTo }
  }

  #nextDue(): number | undefined {
    let next: number | undefined
    for (const { expires } of this.#newest.values()) {
      if (expires !== undefined && (next === undefined || expires < next)) next = expires
    }
    return next
  }

  async #expire(now: number): Promise<void> {
    for (const write of [...this.#newest.values()]) {
      if (write.expires === undefined || write.expires > now) continue
      if (this.#newest.get(write.key) === write) await this.delete(write.key, write.revision)
    }
  }
}

function writeAt(newest: Write | undefined, revision: number): Write | undefined {
  let write = newest
  while (write && write.revision > revision) write = write.earlier
  return write
}

function asEntry(write: Write | undefined): Entry | undefined {
  if (!write || write.deleted) return undefined
  const { key, value, createRevision, revision } = write
  return { key, value, createRevision, revision }
}

function asEvent({ key, value, revision, createRevision, deleted }: Write): StoreEvent {
  return { type: deleted ? 'delete' : 'put', key, value, revision, isCreation: createRevision === revision }
}

function firstNotBefore(keys: readonly string[], start: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < start) low = middle + 1
    else high = middle
  }
  return low
}
