/**
 * A versioned key-value store with etcd's semantics (etcd v3 API). Keys are `/registry/<resource prefix>/[<namespace>/]<name>`;
 * values are bytes. One counter numbers all writes; every write has a revision of its own, revisions are contiguous. An
 * empty store is at revision 1 (0 means "any" or "does not exist" to clients), its first write gets 2.
 *
 * Values handed in belong to the store and values handed out to everyone: nobody changes them.
 * When closed, every method rejects with StoreUnavailable.
 */
export interface Store extends AsyncDisposable {
  /** The value now, and the store's revision it was read at. Never older than any write acknowledged before the call. */
  get(key: string): Promise<{ entry: Entry | undefined; revision: number }>

  /**
   * Entries whose keys begin with `prefix`, in byte order of keys, at most `limit` of them, from `startKey` on (inclusive).
   * `revision`: as of that revision (throws CompactedError, FutureRevisionError); all pages of one listing use one revision.
   */
  list(prefix: string, options?: ListRange): Promise<ListPage>

  /**
   * Writes if the key's last revision is `expected` (0: the key does not exist), else throws RevisionMismatch and changes
   * nothing. Resolves with the write's revision when it is durable, after watchers of this process have been told.
   */
  put(key: string, value: Uint8Array, expected: number, options?: PutOptions): Promise<number>

  /** Deletes if the key's last revision is `expected`, else throws RevisionMismatch. Resolves with the deletion's revision. */
  delete(key: string, expected: number): Promise<number>

  /**
   * Tells `sink` of every write to keys under `prefix` with a revision above `afterRevision`, in order, each once, one
   * call per group of commits, until the signal aborts. `afterRevision` below the compacted one throws CompactedError.
   * The sink must not block; resolves when the signal aborts, rejects when the store closes or breaks, and with what the
   * sink threw (a value that cannot be read).
   */
  watch(prefix: string, afterRevision: number, sink: WatchSink, signal: AbortSignal): Promise<void>

  /** The newest revision that is durable and visible to this process. */
  revision(): number

  /**
   * Whether other processes write too: then `revision()` may be older than what they have acknowledged, and `synced`
   * finds out; writes made within a fence (base/write-fence.ts) throw FencedOff and change nothing when it does not hold.
   */
  readonly isShared: boolean

  /**
   * Resolves with a revision not older than any write that any process had acknowledged before the call, once watchers of
   * this process have been told up to it.
   */
  synced(): Promise<number>

  /**
   * Forgets what was before `revision`: listings as of earlier revisions and watches after earlier ones fail with
   * CompactedError from when it resolves; the space is freed later, little by little. Throws CompactedError when that
   * was done already (`revision` is not above the last compaction), FutureRevisionError beyond the newest revision.
   */
  compact(revision: number): Promise<void>

  /** Undefined while the store can take writes, else why not, in words for /readyz and `navarch status`. */
  unhealthy(): string | undefined

  /** Finishes the writes already accepted, then lets go of everything. May be called again. */
  close(): Promise<void>
}

export interface Entry {
  readonly key: string
  readonly value: Uint8Array
  /** Revision of the write that created the key since it last was deleted. */
  readonly createRevision: number
  /** Revision of the last write to the key. */
  readonly revision: number
}

export interface ListRange {
  readonly limit?: number
  readonly startKey?: string
  readonly revision?: number
}

export interface ListPage {
  readonly entries: readonly Entry[]
  /** The store's revision that the page shows. */
  readonly revision: number
  /** How many further entries there are after the page. */
  readonly remaining: number
}

export interface PutOptions {
  /** The key is deleted by itself about this long after the write (a lease, as for Events). */
  readonly ttlSeconds?: number
  /** What the value was made of, for backends with values of another form (ValueCodec); read before `put` returns. */
  readonly source?: object
}

/** What was before is not told: watch caches have it, and stores would have to read it again for each event. */
export interface StoreEvent {
  readonly type: 'put' | 'delete'
  readonly key: string
  /** The new value, empty for a deletion. It may be made when it is read: read it while the sink runs, or never. */
  readonly value: Uint8Array
  readonly revision: number
  /** Whether the write is the key's first since it was deleted, or at all. */
  readonly isCreation: boolean
}

/** `revision`: everything up to it has been told (progress), also when `events` is empty. The first call says where a watch begins. */
export type WatchSink = (events: readonly StoreEvent[], revision: number) => void

/** The guard of a write did not hold; `actual` is the key's revision now, 0 when there is no such key. */
export class RevisionMismatch extends Error {
  readonly key: string
  readonly actual: number
  constructor(key: string, actual: number) {
    super(`revision of ${key} is ${actual}`)
    this.name = 'RevisionMismatch'
    this.key = key
    this.actual = actual
  }
}

/** The revision asked for was compacted away. */
export class CompactedError extends Error {
  /** The revision of the last compaction; only later ones can be watched from. */
  readonly compacted: number
  constructor(compacted: number) {
    super(`required revision has been compacted (at ${compacted})`)
    this.name = 'CompactedError'
    this.compacted = compacted
  }
}

/** The revision asked for has not been reached. */
export class FutureRevisionError extends Error {
  readonly current: number
  constructor(current: number) {
    super(`required revision is a future revision (now ${current})`)
    this.name = 'FutureRevisionError'
    this.current = current
  }
}

/** The store cannot answer now: closed, no quorum, disk full. Requests fail with 503 or 500; `message` says why. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreUnavailable'
  }
}

/** A write was made within a fence (base/write-fence.ts) that does not hold any more: it did not and will not happen. */
export class FencedOff extends StoreUnavailable {
  constructor(key: string) {
    super(`who wrote does not lead any more (${key})`)
    this.name = 'FencedOff'
  }
}

/**
 * A write was sent and its answer lost: it happened, still may, or never will. Nobody repeats it blindly: who needs to know
 * reads the key. Requests fail with 504 or 500 as for StoreUnavailable.
 */
export class OutcomeUnknown extends StoreUnavailable {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OutcomeUnknown'
  }
}
