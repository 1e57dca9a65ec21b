import { expired, Reason, StatusError } from '../../api/status-error.ts'
import type { Clock } from '../../base/clock.ts'
import type { WatchEventType } from '../../client/transport.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { CachedEvent, CachedObject } from '../watch-cache/watch-cache.ts'
import { bookmarkObject } from './bookmark.ts'
import type { ListOptions } from './list-options.ts'
import type { ObjectFilter } from './object-filter.ts'
import { parseResourceVersion } from './resource-version.ts'
import { waitForRevision } from './wait-for-revision.ts'

/** Where the events of a watch go. Must not block and not throw; how much may pile up is its own matter. */
export interface WatchReceiver {
  event(type: Exclude<WatchEventType, 'BOOKMARK'>, object: CachedObject): void
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
const BOOKMARK_EVERY_MS = 60_000

/**
 * One client's watch (API concepts: "Efficient detection of changes", "Streaming lists", "Watch bookmarks"): first the
 * state it starts from, if it asked for that, then every change after it, each as the selectors see it.
 */
export class WatchSession {
  readonly resource: ServedResource
  readonly #init: WatchSessionInit
  #receiver: WatchReceiver | undefined
  #unsubscribe: () => void = () => {}
  #timers: (() => void)[] = []
  /** Up to where the receiver has been told. */
  #revision = 0

  constructor(init: WatchSessionInit) {
    this.#init = init
    this.resource = init.resource
  }

  /** Sends events until the timeout, an error or the signal; the receiver hears `end` in each case. Call once. */
  async run(receiver: WatchReceiver, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#receiver = { ...bound(receiver), end: resolve }
    const stop = () => resolve()
    signal.addEventListener('abort', stop, { once: true })
    try {
      await this.#begin(signal)
      this.#startTimers(resolve)
      if (signal.aborted) resolve()
      await promise
    } catch (error) {
      receiver.error(asStatus(error))
    } finally {
      signal.removeEventListener('abort', stop)
      this.#unsubscribe()
      for (const cancel of this.#timers) cancel()
      receiver.end()
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { storage, options } = this.#init
    await storage.cache.ready(signal)
    const asked = parseResourceVersion(options.resourceVersion)
    const wantsState = options.sendInitialEvents ?? (asked === undefined || asked === 0)
    if (asked === undefined) await storage.freshen(signal)
    else if (wantsState && asked > 0) await waitForRevision(storage, asked, signal)
    const from = wantsState ? await this.#sendState(signal) : asked || storage.cache.revision()
    if (signal.aborted) return
    this.#revision = from
    if (wantsState && options.sendInitialEvents && options.allowWatchBookmarks) this.#bookmark(true)
    const only = indexOf(this.#init)
    this.#unsubscribe = storage.cache.subscribe(from, {
      ...(only && { only }),
      events: (events, revision) => this.#forward(events, revision),
      end: (why) => this.#lost(why),
    })
  }

  /** Sends what there is as ADDED, no faster than it is taken; gives the revision that it shows. */
  async #sendState(signal: AbortSignal): Promise<number> {
    const { storage, namespace, filter } = this.#init
    const snapshot = storage.cache.snapshot(namespace === '' ? {} : { namespace })
    let sent = 0
    for (const object of snapshot) {
      if (!filter.matches(object)) continue
      this.#emit('ADDED', object)
      if (++sent % OBJECTS_AT_ONCE === 0) await this.#receiver?.drained()
      if (signal.aborted) break
    }
    return snapshot.revision
  }

  #forward(events: readonly CachedEvent[], revision: number): void {
    for (const event of events) this.#one(event)
    this.#revision = Math.max(this.#revision, revision)
  }

  /** What a change is for one who sees only the selected objects: entering is ADDED, leaving DELETED. */
  #one({ type, current, previous, revision }: CachedEvent): void {
    const { namespace, filter } = this.#init
    if (namespace !== '' && current.namespace !== namespace) return
    if (filter.empty) return this.#emit(type, current)
    const was = type !== 'ADDED' && filter.matches(previous ?? current)
    const is = type !== 'DELETED' && filter.matches(current)
    if (is) return this.#emit(was ? 'MODIFIED' : 'ADDED', current)
    if (was) this.#emit('DELETED', type === 'DELETED' ? current : (previous ?? current).withRevision(revision))
  }

  #emit(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: CachedObject): void {
    this.#receiver?.event(type, this.resource.view(object))
  }

  #bookmark(endsInitialEvents = false): void {
    const revision = endsInitialEvents ? this.#revision : Math.max(this.#revision, this.#init.storage.cache.revision())
    this.#receiver?.bookmark(bookmarkObject(this.resource.definition, revision, endsInitialEvents))
  }

  #startTimers(end: () => void): void {
    const { clock, timeoutMs, options } = this.#init
    this.#timers.push(clock.after(timeoutMs, end))
    if (!options.allowWatchBookmarks) return
    const tick = () => {
      this.#bookmark()
      this.#timers[1] = clock.after(BOOKMARK_EVERY_MS, tick)
    }
    this.#timers.push(clock.after(Math.min(BOOKMARK_EVERY_MS, Math.max(timeoutMs - 2_000, 0)), tick))
  }

  #lost(why: 'closed' | 'lost'): void {
    if (why === 'lost') this.#receiver?.error(expired(`too old resource version: ${this.#revision}`))
    this.#receiver?.end()
  }
}

/** The index by which the cache can leave out what such a watch would not see: one name, or the pods of one node. */
function indexOf({ filter, storage }: WatchSessionInit): { index: string; value: string } | undefined {
  const name = filter.exactly('metadata.name')
  if (name !== undefined) return { index: 'metadata.name', value: name }
  const node = storage.definition.plural === 'pods' ? filter.exactly('spec.nodeName') : undefined
  return node ? { index: 'spec.nodeName', value: node } : undefined
}

function bound(receiver: WatchReceiver): WatchReceiver {
  return {
    event: (type, object) => receiver.event(type, object),
    bookmark: (object) => receiver.bookmark(object),
    drained: () => receiver.drained(),
    error: (error) => receiver.error(error),
    end: () => receiver.end(),
  }
}

function asStatus(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  return new StatusError({ code: 500, reason: Reason.InternalError, message: (error as Error).message, cause: error })
}
