import type { ApiObject } from '../../api/resource.ts'
import { expired } from '../../api/status-error.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { Store, StoreEvent } from '../../store/store.ts'
import { type CacheIndex, IndexedObjects } from './cache-index.ts'
import { EventWindow, type WindowLimits } from './event-window.ts'
import { LabelIndexes } from './label-indexes.ts'
import type { PastBudget } from './past-budget.ts'
import { RecentSources } from './recent-sources.ts'
import { RevisionWaiters } from './revision-waiters.ts'
import { SortedObjects, type SortedSnapshot } from './sorted-objects.ts'
import { StoredObject } from './stored-object.ts'
import { Subscriptions, valuesOf } from './subscriptions.ts'
import type { CachedEvent, CachedObject, CacheRange, CacheSnapshot, CacheWatcher, WatchCache } from './watch-cache.ts'

export interface ResourceCacheOptions {
  readonly store: Store
  /** Where the resource's objects are: `/registry/pods/`. */
  readonly prefix: string
  readonly indexes: readonly CacheIndex[]
  readonly clock: Clock
  readonly log: Logger
  readonly window?: WindowLimits
  /** What the windows of all resources share. */
  readonly past?: PastBudget
  /** What this process has just written, to any resource. */
  readonly sources?: RecentSources
}

const WINDOW: WindowLimits = { maxEvents: 10_000, maxBytes: 8 * 1024 * 1024 }
/** How long events are fresh: a client that was away for longer may have to list again (upstream's cacher: 75 s, too). */
const FRESH_MS = 75_000
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000
/** Above every character that a key can have. */
const LAST_CHARACTER = '\u{10ffff}'

/**
 * The cache of one resource, fed by one watch of the store. It loads when it is first asked for, and again when the watch
 * breaks; its watchers are ended then, as their past is lost.
 */
export class ResourceCache implements WatchCache, Component {
  readonly name: string
  readonly #options: ResourceCacheOptions
  readonly #window: EventWindow
  readonly #subscriptions = new Subscriptions()
  readonly #waiters: RevisionWaiters
  readonly #wanted = Promise.withResolvers<void>()
  #loaded = Promise.withResolvers<void>()
  #isLoaded = false
  #revision = 0
  #objects = new SortedObjects()
  /** The indexes that somebody asked for, complete. */
  #indexed = new Map<string, IndexedObjects>()
  readonly #labels: LabelIndexes
  readonly #sources: RecentSources
  /** While the window has events that will not stay. */
  #cancelAging: (() => void) | undefined
  /** Of `#objects` at `#revision`, until they change. */
  #snapshot: SortedSnapshot | undefined

  constructor(options: ResourceCacheOptions) {
    this.name = `watch cache of ${options.prefix}`
    this.#options = options
    this.#sources = options.sources ?? new RecentSources()
    this.#labels = new LabelIndexes({
      size: () => this.#objects.size,
      get: (key) => this.#objects.get(key),
      snapshot: () => this.snapshot({}) as Iterable<CachedObject>,
    })
    this.#window = new EventWindow(options.window ?? WINDOW, options.past)
    this.#waiters = new RevisionWaiters(options.clock, () => this.#revision)
  }

  /** Follows the store until the signal aborts. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => stopped.resolve(), { once: true })
    if (!signal.aborted) await Promise.race([this.#wanted.promise, stopped.promise])
    let retryMs = FIRST_RETRY_MS
    while (!signal.aborted) {
      const error = await this.#follow(signal)
      if (signal.aborted) break
      if (this.#isLoaded) retryMs = FIRST_RETRY_MS
      this.#options.log.warn('a watch cache lost the store and loads again', { prefix: this.#options.prefix, error })
      this.#lose('lost')
      await this.#options.clock.sleep(retryMs, signal).catch(() => {}) // aborted: the loop ends
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
    }
    this.#lose('closed')
    this.#window.close()
  }

  ready(signal: AbortSignal): Promise<void> {
    this.#wanted.resolve()
    return this.#isLoaded ? Promise.resolve() : unlessAborted(this.#loaded.promise, signal)
  }

  revision(): number {
    return this.#revision
  }

  waitUntil(revision: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    this.#wanted.resolve()
    return this.#waiters.wait(revision, timeoutMs, signal)
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key)
  }

  expect(value: Uint8Array, source: ApiObject): void {
    this.#sources.give(value, source)
  }

  snapshot(range: CacheRange): CacheSnapshot {
    this.#snapshot ??= this.#objects.snapshot()
    return this.#view(this.#snapshot, this.#revision, range)
  }

  snapshotAt(revision: number, range: CacheRange): CacheSnapshot | undefined {
    if (revision > this.#revision || revision < this.#window.floor) return undefined
    const since = this.#window.after(revision)
    if (since.length === 0) return { ...this.snapshot(range), revision }
    this.#snapshot ??= this.#objects.snapshot()
    return this.#view(rewind(this.#snapshot, since), revision, range)
  }

  by(index: string, value: string): readonly CachedObject[] {
    let indexed = this.#indexed.get(index)
    if (!indexed) {
      indexed = new IndexedObjects(this.#index(index), this.snapshot({}))
      this.#indexed.set(index, indexed)
    }
    return indexed.find(value)
  }

  byLabel(label: string, value: string): readonly CachedObject[] | undefined {
    return this.#labels.find(label, value)
  }

  subscribe(afterRevision: number, watcher: CacheWatcher): void {
    if (afterRevision < this.#window.floor) {
      throw expired(`too old resource version: ${afterRevision} (${this.#window.floor})`)
    }
    const index = watcher.only && this.#index(watcher.only.index)
    const past = this.#window.after(afterRevision)
    const wanted = index ? past.filter((event) => valuesOf(index, event).has(watcher.only!.value)) : past
    if (wanted.length > 0) watcher.events(wanted, this.#revision)
    this.#subscriptions.add(watcher, Math.max(afterRevision, this.#revision), index)
  }

  unsubscribe(watcher: CacheWatcher): void {
    this.#subscriptions.remove(watcher, watcher.only && this.#index(watcher.only.index))
  }

  endWatches(): void {
    this.#subscriptions.endAll('closed')
  }

  /** Loads and then follows until the signal aborts or the store fails; returns the failure. */
  async #follow(signal: AbortSignal): Promise<unknown> {
    const { store, prefix } = this.#options
    try {
      await this.#list()
      if (signal.aborted) return undefined
      await store.watch(prefix, this.#revision, (events, progress) => this.#apply(events, progress), signal)
      return undefined
    } catch (error) {
      return error
    }
  }

  /** Apart from `#follow`, which lasts: it would keep every value as it was read, beside what has become of it. */
  async #list(): Promise<void> {
    const { entries, revision } = await this.#options.store.list(this.#options.prefix)
    this.#load(
      entries.map(({ key, value, revision }) => new StoredObject(key, value, revision)),
      revision,
    )
  }

  #load(objects: readonly StoredObject[], revision: number): void {
    const known = this.#objects
    this.#objects = new SortedObjects()
    for (const object of objects) {
      const before = known.get(object.key)
      this.#objects.set(before?.revision === object.revision ? before : object)
    }
    this.#snapshot = undefined
    this.#indexed = new Map()
    this.#labels.clear()
    this.#window.reset(revision)
    this.#revision = revision
    this.#isLoaded = true
    this.#loaded.resolve()
    this.#waiters.reached(revision)
  }

  #lose(why: 'closed' | 'lost'): void {
    if (this.#isLoaded) this.#loaded = Promise.withResolvers()
    this.#isLoaded = false
    this.#cancelAging?.()
    this.#cancelAging = undefined
    this.#subscriptions.endAll(why)
  }

  #apply(changes: readonly StoreEvent[], revision: number): void {
    if (changes.length === 0) return this.#progress(revision)
    const events: CachedEvent[] = []
    for (const change of changes) {
      const event = this.#applyOne(change)
      if (event) events.push(event)
    }
    if (revision <= this.#revision) return // the first call of a watch: nothing new
    this.#revision = revision
    this.#subscriptions.publish(events, revision)
    this.#waiters.reached(revision)
    if (!this.#cancelAging && this.#window.agesOn) this.#ageLater()
  }

  /** Most writes are of other resources: nothing happened up to here. */
  #progress(revision: number): void {
    if (revision <= this.#revision) return
    this.#revision = revision
    this.#waiters.reached(revision)
  }

  #ageLater(): void {
    this.#cancelAging = this.#options.clock.after(FRESH_MS, () => {
      this.#cancelAging = undefined
      this.#window.age()
      if (this.#window.agesOn) this.#ageLater()
    })
  }

  #applyOne(change: StoreEvent): CachedEvent | undefined {
    const event = change.type === 'put' ? this.#put(change) : this.#delete(change)
    if (!event) return undefined
    this.#snapshot = undefined
    const { type, current, previous } = event
    const present = type === 'DELETED' ? undefined : current
    for (const indexed of this.#indexed.values()) indexed.replace(previous, present)
    this.#labels.replace(previous, present)
    this.#window.append(event)
    return event
  }

  #put({ key, value, revision }: StoreEvent): CachedEvent {
    const current = this.#objectOf(key, value, revision)
    const previous = this.#objects.set(current)
    return previous ? { type: 'MODIFIED', current, previous, revision } : { type: 'ADDED', current, revision }
  }

  /** Undefined for an object that was never seen. */
  #delete({ key, revision }: StoreEvent): CachedEvent | undefined {
    const previous = this.#objects.delete(key)
    return previous && { type: 'DELETED', current: previous.withRevision(revision), previous, revision }
  }

  #objectOf(key: string, value: Uint8Array, revision: number): StoredObject {
    const source = this.#sources.take(value)
    const object = new StoredObject(key, value, revision, undefined, source)
    if (source) this.#sources.add(object)
    return object
  }

  #index(name: string): CacheIndex {
    const index = this.#options.indexes.find((candidate) => candidate.name === name)
    if (!index) throw new Error(`${this.name} has no index ${name}`)
    return index
  }

  #view(snapshot: SortedSnapshot, revision: number, { namespace, from = '' }: CacheRange): CacheSnapshot {
    const prefix = namespace ? `${this.#options.prefix}${namespace}/` : this.#options.prefix
    const start = from > prefix ? from : prefix
    const end = prefix + LAST_CHARACTER
    return {
      revision,
      size: snapshot.count(start, end),
      [Symbol.iterator]: () => snapshot.between(start, end),
      list: () => snapshot.list(start, end),
    }
  }
}

/** What there was before `events`. */
function rewind(snapshot: SortedSnapshot, events: readonly CachedEvent[]): SortedSnapshot {
  const objects = new SortedObjects(snapshot)
  for (const { previous, current } of events.toReversed()) {
    if (previous) objects.set(previous)
    else objects.delete(current.key)
  }
  return objects.snapshot()
}

async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
