import type { ApiObject } from '../../api/resource.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'

/**
 * How the objects of a storage look to everyone outside the store, where that is not as they are stored: custom resources
 * may lie there in another version of theirs, and as an earlier schema had them. A storage with a form has a version of its
 * own for each version served; all of them share keys and cache.
 */
export interface ObjectForm {
  /**
   * A stored object as it looks outside; anything that is no object of the cache or the store is given back as it is. When
   * `prepare` gave a promise for it, that must have been awaited.
   */
  view(stored: CachedObject): CachedObject
  /** Makes what `view` cannot make at once; undefined when there is nothing to wait for. Rejects with a StatusError. */
  prepare(stored: readonly CachedObject[]): Promise<void> | undefined
  /** The stored object that a view shows. */
  storedOf(view: CachedObject): CachedObject
  /** An object as it is to be stored. Takes ownership. */
  toStored(object: ApiObject): ApiObject | Promise<ApiObject>
  /** The other way: an object of the version that is stored, as this form shows it. Takes ownership. */
  fromStored(object: ApiObject): ApiObject | Promise<ApiObject>
  /** Tells that an object has just been stored by this form, so that it need not be read again. */
  written(stored: CachedObject): void
}
