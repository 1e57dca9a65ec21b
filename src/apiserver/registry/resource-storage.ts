import type { ApiObject, ResourceDefinition } from '../../api/resource.ts'
import { sameMembers } from '../../api/same-members.ts'
import { alreadyExists } from '../../api/status-error.ts'
import type { Clock } from '../../base/clock.ts'
import { type ListPage, type PutOptions, RevisionMismatch, type Store } from '../../store/store.ts'
import { encodeStored, encodeUntyped, StoredObject } from '../watch-cache/stored-value.ts'
import type { CachedObject, WatchCache } from '../watch-cache/watch-cache.ts'
import type { ObjectForm } from './object-form.ts'
import type { StorageHooks } from './storage-hooks.ts'
import { storagePrefix } from './storage-prefix.ts'
import { Strategy } from './strategy.ts'

const EVENT_TTL_SECONDS = 3600

/** How long a read waits for the cache to reach a revision (upstream: 3 s). */
export const CACHE_WAIT_MS = 3_000

export interface ResourceStorageInit {
  readonly definition: ResourceDefinition
  readonly cache: WatchCache
  readonly store: Store
  readonly clock: Clock
  readonly hooks?: StorageHooks
  /** Where objects do not look as they are stored. */
  readonly form?: ObjectForm
  /** Where not the usual place. */
  readonly prefix?: string
}

/** What somebody may give up. The signal is asked for when there is something to wait for, as it is costly to make. */
export interface Abortable {
  readonly signal: AbortSignal
}

/** One kind in the store: where its objects are, how they are read and written, each as of a revision. */
export class ResourceStorage {
  /** The version that is stored. */
  readonly definition: ResourceDefinition
  readonly prefix: string
  readonly cache: WatchCache
  readonly strategy: Strategy
  readonly hooks: StorageHooks
  readonly form: ObjectForm | undefined
  readonly #store: Store

  constructor({ definition, cache, store, clock, hooks = {}, form, prefix }: ResourceStorageInit) {
    this.definition = definition
    this.prefix = prefix ?? storagePrefix(definition)
    this.form = form
    this.cache = cache
    this.strategy = new Strategy(definition, clock)
    this.hooks = hooks
    this.#store = store
  }

  key(namespace: string, name: string): string {
    return this.definition.namespaced ? `${this.prefix}${namespace}/${name}` : this.prefix + name
  }

  /** The newest state, from the cache: never older than any write acknowledged before the call. */
  current(key: string, asked: Abortable): CachedObject | undefined | Promise<CachedObject | undefined> {
    if (this.isFresh()) return this.#shown(this.cache.get(key))
    return this.freshen(asked.signal).then(() => this.#shown(this.cache.get(key)))
  }

  /** The state that the cache shows; other servers may have written since when the store is shared. */
  async cached(key: string, asked: Abortable): Promise<CachedObject | undefined> {
    await this.cache.ready(asked.signal)
    return this.#shown(this.cache.get(key))
  }

  /** Whether others write to the store, too. */
  get isShared(): boolean {
    return this.#store.isShared
  }

  /** For an outcome without a write: throws RevisionMismatch when `current` is not what a shared store has. */
  async confirm(current: CachedObject): Promise<void> {
    if (!this.isShared) return
    const { entry } = await this.#store.get(current.key)
    if (entry?.revision !== current.revision) throw new RevisionMismatch(current.key, entry?.revision ?? 0)
  }

  /** Whether the cache is known to show everything that has been acknowledged. */
  isFresh(): boolean {
    return !this.#store.isShared && this.cache.revision() >= this.#store.revision()
  }

  /** Waits until the cache shows everything that has been acknowledged, by other servers too. */
  async freshen(signal: AbortSignal): Promise<void> {
    await this.cache.ready(signal)
    const revision = this.#store.isShared ? await this.#store.synced() : this.#store.revision()
    await this.cache.waitUntil(revision, CACHE_WAIT_MS, signal)
  }

  /** The newest state from the store itself, for after a guard failed. */
  async reread(key: string): Promise<CachedObject | undefined> {
    const { entry } = await this.#store.get(key)
    return this.#shown(entry && this.#stored(entry.key, entry.value, entry.revision))
  }

  /**
   * Stores a new object; 409 AlreadyExists when there is one. The object belongs to the storage from here on. The cache is
   * there before the object is, so that it can be watched from the revision that the client learns.
   */
  async create(key: string, object: ApiObject, asked: Abortable): Promise<CachedObject> {
    const value = await this.#encode(object)
    if (!this.isFresh()) await this.cache.ready(asked.signal)
    if (!this.form) this.cache.expect(value, object)
    try {
      const revision = await this.#store.put(key, value, 0, this.#putOptions(object))
      const written = this.#written(key, value, revision)
      return written instanceof Promise ? await written : written
    } catch (error) {
      if (error instanceof RevisionMismatch) throw alreadyExists(this.definition, object.metadata.name ?? '')
      throw error
    }
  }

  /**
   * Stores `object` in the place of `current` unless that has changed meanwhile (RevisionMismatch). Writing what is there
   * already changes nothing and gives `current` back.
   */
  async replace(current: CachedObject, object: ApiObject): Promise<CachedObject> {
    const value = await this.#encode(object)
    if (isUnchanged(this.form?.storedOf(current) ?? current, value, object)) {
      await this.confirm(current)
      return current
    }
    if (!this.form) this.cache.expect(value, object)
    const revision = await this.#store.put(current.key, value, current.revision, this.#putOptions(object))
    return this.#written(current.key, value, revision)
  }

  /** Removes an object unless it has changed meanwhile (RevisionMismatch). */
  async remove(current: CachedObject): Promise<void> {
    await this.#store.delete(current.key, current.revision)
  }

  /** Objects as of a past revision, from the store (CompactedError, FutureRevisionError). `from` is a whole key. */
  async listAt(
    prefix: string,
    range: { readonly revision: number; readonly limit?: number; readonly from?: string },
  ): Promise<{ readonly objects: CachedObject[]; readonly revision: number; readonly remaining: number }> {
    const { revision, limit, from } = range
    const page: ListPage = await this.#store.list(prefix, {
      revision,
      ...(limit !== undefined && { limit }),
      ...(from !== undefined && { startKey: from }),
    })
    const objects = page.entries.map((entry) => this.#stored(entry.key, entry.value, entry.revision))
    return { objects, revision: page.revision, remaining: page.remaining }
  }

  /** The cache's own object, if it has heard of the write already: then there is one copy of it. */
  #written(key: string, value: Uint8Array, revision: number): CachedObject | Promise<CachedObject> {
    const cached = this.cache.get(key)
    const stored = cached?.revision === revision ? cached : this.#stored(key, value, revision)
    this.form?.written(stored)
    return this.#shown(stored)
  }

  #encode(object: ApiObject): Uint8Array | Promise<Uint8Array> {
    if (!this.form) return encodeStored(object)
    const stored = this.form.toStored(object)
    return stored instanceof Promise ? stored.then(encodeUntyped) : encodeUntyped(stored)
  }

  #shown<O extends CachedObject | undefined>(stored: O): O | Promise<O> {
    const { form } = this
    if (!form || !stored) return stored
    const prepared = form.prepare([stored])
    if (!prepared) return form.view(stored) as O
    return prepared.then(() => form.view(stored) as O)
  }

  #stored(key: string, value: Uint8Array, revision: number): CachedObject {
    return new StoredObject(key, value, revision)
  }

  #putOptions(source: ApiObject): PutOptions {
    return {
      ...(this.definition.kind === 'Event' && { ttlSeconds: EVENT_TTL_SECONDS }),
      ...(!this.form && { source }), // else the value was made of another object
    }
  }
}

/** Whether a value says what is stored already, up to the order of fields: then it has the same length. */
function isUnchanged(current: CachedObject, value: Uint8Array, object: ApiObject): boolean {
  if (!(current instanceof StoredObject) || current.size !== value.length) return false
  if (current.isOf(value)) return true
  const stored = current.object()
  return sameMembers(object, { ...stored, metadata: { ...stored.metadata, resourceVersion: undefined } })
}
