import type { ApiObject } from '../../api/resource.ts'
import type { Labels } from '../../api/selector/requirement.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { WatchEventType } from '../../client/transport.ts'

/**
 * An object as the cache holds it: the stored bytes are the copy of record, the frozen decoded form is made on first use.
 * Immutable: a write makes a new one.
 */
export interface CachedObject<T extends ApiObject = ApiObject> {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly revision: number
  /** Bytes of JSON, about: what the object costs. */
  readonly size: number
  /** JSON with metadata.resourceVersion in it, ready to be written to a response. Computed once, without a full encode. */
  json(): Uint8Array
  /** Decoded, deeply frozen, with resourceVersion. Computed once, as long as the object is current. */
  object(): DeepReadonly<T>
  /** metadata.labels, without decoding the whole object for them. */
  labels(): Labels | undefined
  /** The same content under another revision. */
  withRevision(revision: number): CachedObject<T>
  /** What others made of it, by who did: its forms in other versions. */
  views?: Map<object, CachedObject> | undefined
  /** Forgets the decoded form and the views, which are made again if they are asked for. */
  release?(): void
}

export interface CachedEvent {
  readonly type: Exclude<WatchEventType, 'BOOKMARK'>
  /** The object after the change; for DELETED its last state with the revision of the deletion. */
  readonly current: CachedObject
  /** The object before, absent on ADDED: selector transitions are decided with it. */
  readonly previous?: CachedObject
  readonly revision: number
}

/** The current objects of one resource, and the recent past of each. */
export interface WatchCache {
  /** Waits until the first listing from the store is in. */
  ready(signal: AbortSignal): Promise<void>
  /** The revision up to which the cache shows everything. */
  revision(): number
  /** Waits until the cache shows this revision; throws a 504 Timeout StatusError after `timeoutMs` (upstream: 3 s). */
  waitUntil(revision: number, timeoutMs: number, signal: AbortSignal): Promise<void>
  get(key: string): CachedObject | undefined
  /** Tells of a value that is about to be written what it was made of, so that it need not be decoded. Takes ownership. */
  expect(value: Uint8Array, source: ApiObject): void
  /** A consistent view that later writes do not change; in key order, `from` inclusive. Cheap: no copy per call. */
  snapshot(range: CacheRange): CacheSnapshot
  /**
   * The same as of a past revision, for the further pages of a listing; costs as much as has changed since. Undefined when
   * the cache does not know that far back (or has not come that far): then the store may.
   */
  snapshotAt(revision: number, range: CacheRange): CacheSnapshot | undefined
  /** Objects by an index (cache-index.ts): 'spec.nodeName' of pods, 'metadata.name', 'ownerUid'. In key order. */
  by(index: string, value: string): readonly CachedObject[]
  /** Objects with this label, in key order; undefined when there is no index for it: look at all of them. */
  byLabel(label: string, value: string): readonly CachedObject[] | undefined
  /**
   * Events after `afterRevision`, first those retained (told before this returns), then live ones; throws 410 Expired when
   * the past is not retained that far. The cache keeps nothing for a watcher: one that cannot keep up queues or gives up.
   * A watcher has one subscription at a time.
   */
  subscribe(afterRevision: number, watcher: CacheWatcher): void
  /** Ends that from here; nothing when there is no subscription of this watcher. */
  unsubscribe(watcher: CacheWatcher): void
  /** Ends every subscription as `closed`: what watchers are shown has changed in a way that they have to begin anew for. */
  endWatches(): void
}

export interface CacheRange {
  readonly namespace?: string
  /** A whole key. */
  readonly from?: string
}

export interface CacheSnapshot {
  readonly revision: number
  /** How many objects the range has. */
  readonly size: number
  [Symbol.iterator](): Iterator<CachedObject>
  /** All of them. Until one changes, the same range gives the same array, whatever else the revision counts. */
  list(): Promise<readonly CachedObject[]>
}

export interface CacheWatcher {
  /**
   * Tell only of objects that have, or had before the change, this value of an index.
   */
  readonly only?: { readonly index: string; readonly value: string } | undefined
  /**
   * In revision order, never none. `revision`: everything up to it has been told. At any time outside a call that is the
   * cache's `revision()`: nobody is called for progress alone. Must neither block nor throw.
   */
  events(events: readonly CachedEvent[], revision: number): void
  /** The cache ends the subscription: its store was lost or it restarts. */
  end(why: 'closed' | 'lost'): void
}
