import type { ApiObject } from '../../api/resource.ts'
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
  /** JSON with metadata.resourceVersion in it, ready to be written to a response. Computed once, without a full encode. */
  json(): Uint8Array
  /** Decoded, deeply frozen, with resourceVersion. Computed once. */
  object(): DeepReadonly<T>
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
  /** A consistent view that later writes do not change; in key order, `from` inclusive. Cheap: no copy per call. */
  snapshot(range: { readonly namespace?: string; readonly from?: string }): CacheSnapshot
  /** Objects by an index: 'spec.nodeName', an owner's uid, a label used by selectors. */
  by(index: string, value: string): readonly CachedObject[]
  /**
   * Events after `afterRevision`, first those retained, then live ones; throws 410 Expired when the past is not retained
   * that far. `sink` gets groups in order; a watcher that lets `maxPending` events pile up is ended with `overflow`.
   */
  subscribe(afterRevision: number, watcher: CacheWatcher): () => void
}

export interface CacheSnapshot {
  readonly revision: number
  readonly size: number
  [Symbol.iterator](): Iterator<CachedObject>
}

export interface CacheWatcher {
  /** In revision order. `revision`: everything up to it has been told. Must not block. */
  events(events: readonly CachedEvent[], revision: number): void
  /** The cache ends the subscription: its store was lost or it restarts. */
  end(why: 'closed' | 'lost'): void
}
