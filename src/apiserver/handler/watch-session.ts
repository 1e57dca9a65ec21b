import { expired, Reason, StatusError } from '../../api/status-error.ts'
import type { Clock } from '../../base/clock.ts'
import type { WatchEventType } from '../../client/transport.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { CachedEvent, CachedObject, CacheWatcher } from '../watch-cache/watch-cache.ts'
import { nextTurn, turnIsLong, yieldEvery } from '../yielding.ts'
import { bookmarkObject } from './bookmark.ts'
import type { ListOptions } from './list-options.ts'
import type { ObjectFilter } from './object-filter.ts'
import { parseResourceVersion } from './resource-version.ts'
import { waitForRevision } from './wait-for-revision.ts'

/** Where the events of a watch go. Must not block and not throw; how much may pile up is its own matter. */
export interface WatchReceiver {
  event(type: Exclude<WatchEventType, 'BOOKMARK'>, object: CachedObject): void
  /** Several, told together, with their objects as they are now. Who is told the same events gets the same array. */
  events(events: readonly CachedEvent[]): void
  /** The last of several events told together has been told. */
  flush(): void
  /** `object` has nothing but kind, apiVersion and metadata.resourceVersion, and perhaps an annotation. */
  bookmark(object: object): void
  /** Resolves when the receiver can take more; asked now and then while the state is sent. */
  drained(): Promise<void>
  /** The last thing before the end: an ERROR event. */
  error(error: StatusError): void
  end(): void
}

export interface WatchSessionInit {
  readonly resource: ServedResource
  readonly storage: ResourceStorage
  readonly namespace: string
  readonly filter: ObjectFilter
  readonly options: ListOptions
  readonly timeoutMs: number
  readonly clock: Clock
}

const OBJECTS_AT_ONCE = 256
const BYTES_AT_ONCE = 1024 * 1024
const BOOKMARK_EVERY_MS = 60_000
/** A watch whose conversions fall this far behind is ended; its client begins anew. */
const MAX_WAITING_EVENTS = 10_000

/**
 * One client's watch (API concepts: "Efficient detection of changes", "Streaming lists", "Watch bookmarks"): first the
 * state it starts from, if it asked for that, then every change after it, each as the selectors see it.
 *
 * There may be many thousands that hear of nothing for hours, so it holds little once it has begun: no promise, no signal,
 * one timer, and it is its cache's watcher itself.
 */
export class WatchSession implements CacheWatcher {
  readonly resource: ServedResource
  readonly only: CacheWatcher['only']
  readonly #storage: ResourceStorage
  readonly #namespace: string
  readonly #filter: ObjectFilter
  readonly #clock: Clock
  readonly #takesBookmarks: boolean
  /** Whether what it is told is what it shows: the index it subscribes by leaves out other namespaces. */
  readonly #seesAll: boolean
  /** Until the session has begun. */
  #options: ListOptions | undefined
  /** Aborts what the beginning waits for. */
  #beginning: AbortController | undefined
  /** From the start to the end. */
  #receiver: WatchReceiver | undefined
  #ended: (() => void) | undefined
  #cancelTimer: (() => void) | undefined
  /** What is left of the watch's time when the timer fires. */
  #leftMs: number
  /** Up to where the receiver has been told. */
  #revision = 0
  /** Events that wait for their objects to be prepared, in order; undefined when none do. */
  #waiting: Promise<void> | undefined
  #waitingEvents = 0

  constructor(init: WatchSessionInit) {
    this.resource = init.resource
    this.only = indexOf(init)
    this.#storage = init.storage
    this.#namespace = init.namespace
    this.#filter = init.filter
    this.#clock = init.clock
    this.#takesBookmarks = init.options.allowWatchBookmarks
    this.#seesAll = init.filter.empty && init.resource.isAsStored
    this.#options = init.options
    this.#leftMs = init.timeoutMs
  }

  /** Sends events until the timeout, an error or `stop`; the receiver hears `end` in each case. Call once. */
  start(receiver: WatchReceiver): void {
    this.#receiver = receiver
    this.#begin().catch((error) => this.#fail(error))
  }

  /** Ends a session that has started, if it has not ended. */
  readonly stop = (): void => {
    const receiver = this.#receiver
    if (!receiver) return
    this.#receiver = undefined
    this.#beginning?.abort()
    this.#storage.cache.unsubscribe(this)
    this.#cancelTimer?.()
    receiver.end()
    this.#ended?.()
  }

  /** Calls `ended` when the session, which has started, has ended. Call it once. */
  whenEnded(ended: () => void): void {
    if (this.#receiver) this.#ended = ended
    else ended()
  }

  events(events: readonly CachedEvent[], revision: number): void {
    const prepared = this.#storage.form && this.resource.prepare(events.flatMap((event) => this.#shownOf(event)))
    if (!prepared && !this.#waiting) return this.#send(events, revision)
    this.#waitingEvents += events.length
    if (this.#waitingEvents > MAX_WAITING_EVENTS) return this.end('lost')
    const waiting = Promise.all([prepared, this.#waiting]).then(() => {
      this.#waitingEvents -= events.length
      if (this.#waiting === waiting) this.#waiting = undefined
      this.#send(events, revision)
    })
    this.#waiting = waiting
    waiting.catch((error) => this.#fail(error))
  }

  end(why: 'closed' | 'lost'): void {
    if (why === 'lost') this.#receiver?.error(expired(`too old resource version: ${this.#revision}`))
    this.stop()
  }

  async #begin(): Promise<void> {
    const storage = this.#storage
    const options = this.#options as ListOptions
    this.#beginning = new AbortController()
    const { signal } = this.#beginning
    await storage.cache.ready(signal)
    const asked = parseResourceVersion(options.resourceVersion)
    const wantsState = options.sendInitialEvents ?? asked === 0
    if (asked === undefined) await storage.freshen(signal)
    else if (wantsState && asked > 0) await waitForRevision(storage, asked, signal, options.resourceVersion)
    const from = wantsState ? await this.#sendState() : asked || storage.cache.revision()
    if (!this.#receiver) return
    this.#revision = from
    if (wantsState && options.sendInitialEvents && options.allowWatchBookmarks) this.#bookmark(true)
    storage.cache.subscribe(from, this)
    if (!this.#receiver) return storage.cache.unsubscribe(this) // ended by what it was told right away
    this.#options = undefined
    this.#beginning = undefined
    this.#wait(this.#takesBookmarks ? Math.min(BOOKMARK_EVERY_MS, Math.max(this.#leftMs - 2_000, 0)) : this.#leftMs)
  }

  /** Sends what there is as ADDED, no faster than it is taken; gives the revision that it shows. */
  async #sendState(): Promise<number> {
    const [namespace, filter] = [this.#namespace, this.#filter]
    const snapshot = this.#storage.cache.snapshot(namespace === '' ? {} : { namespace })
    if (this.#storage.form) await this.resource.prepare([...snapshot])
    let objects = 0
    let bytes = 0
    const pause = yieldEvery()
    for (const object of snapshot) {
      if (pause.due()) await pause.now()
      if (!filter.matches(object)) continue
      this.#emit('ADDED', object)
      objects++
      bytes += object.size
      if (objects < OBJECTS_AT_ONCE && bytes < BYTES_AT_ONCE) continue
      objects = 0
      bytes = 0
      this.#receiver?.flush()
      await this.#receiver?.drained()
      if (turnIsLong()) await nextTurn()
      if (!this.#receiver) break
    }
    this.#receiver?.flush()
    return snapshot.revision
  }

  #send(events: readonly CachedEvent[], revision: number): void {
    if (this.#seesAll) this.#receiver?.events(events)
    else {
      for (const event of events) this.#one(event)
      this.#receiver?.flush()
    }
    this.#revision = Math.max(this.#revision, revision)
  }

  #fail(error: unknown): void {
    this.#receiver?.error(asStatus(error))
    this.stop()
  }

  /** What a change is for one who sees only the selected objects: entering is ADDED, leaving DELETED. */
  #one(event: CachedEvent): void {
    const [namespace, filter] = [this.#namespace, this.#filter]
    const { type, current, previous, revision } = this.#storage.form ? this.#viewed(event) : event
    if (namespace !== '' && current.namespace !== namespace) return
    if (filter.empty) return this.#emit(type, current)
    const was = type !== 'ADDED' && filter.matches(previous ?? current)
    const is = type !== 'DELETED' && filter.matches(current)
    if (is) return this.#emit(was ? 'MODIFIED' : 'ADDED', current)
    if (was) this.#emit('DELETED', type === 'DELETED' ? current : (previous ?? current).withRevision(revision))
  }

  /** What of an event has to be prepared: selectors look at what was before, and a deletion shows that. */
  #shownOf({ type, current, previous }: CachedEvent): CachedObject[] {
    if (type === 'DELETED') return [previous ?? current]
    return previous && !this.#filter.empty ? [previous, current] : [current]
  }

  /** The last state of a deleted object was prepared as what it was before; only its revision is another. */
  #viewed({ type, current, previous, revision }: CachedEvent): CachedEvent {
    const before = previous && (type === 'DELETED' || !this.#filter.empty) ? this.resource.view(previous) : undefined
    const after = type === 'DELETED' && before ? before.withRevision(revision) : this.resource.view(current)
    return { type, current: after, ...(before && { previous: before }), revision }
  }

  #emit(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: CachedObject): void {
    this.#receiver?.event(type, this.resource.view(object))
  }

  #bookmark(endsInitialEvents = false): void {
    const atRest = !endsInitialEvents && !this.#waiting
    const revision = !atRest ? this.#revision : Math.max(this.#revision, this.#storage.cache.revision())
    this.#receiver?.bookmark(bookmarkObject(this.resource.definition, revision, endsInitialEvents))
  }

  /** Until the next bookmark, or the end. */
  #wait(ms: number): void {
    this.#leftMs -= ms
    this.#cancelTimer = this.#clock.after(ms, this.#tick)
  }

  readonly #tick = (): void => {
    if (this.#leftMs <= 0) return this.stop()
    this.#bookmark()
    this.#wait(Math.min(BOOKMARK_EVERY_MS, this.#leftMs))
  }
}

/** The index by which the cache leaves out what such a watch would not see: one name, the pods of a node, a namespace. */
function indexOf({ filter, storage, namespace }: WatchSessionInit): { index: string; value: string } | undefined {
  const name = filter.exactly('metadata.name')
  if (name !== undefined) return { index: 'metadata.name', value: name }
  const node = storage.definition.plural === 'pods' ? filter.exactly('spec.nodeName') : undefined
  if (node) return { index: 'spec.nodeName', value: node }
  return namespace === '' ? undefined : { index: 'metadata.namespace', value: namespace }
}

function asStatus(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  return new StatusError({ code: 500, reason: Reason.InternalError, message: (error as Error).message, cause: error })
}
