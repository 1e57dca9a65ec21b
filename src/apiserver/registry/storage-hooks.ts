import type { ApiObject } from '../../api/resource.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { UserInfo } from '../request.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'

/** Called once, when the write has been stored (`true`) or has failed or was a dry run (`false`). */
export type Finish = (stored: boolean) => void

/**
 * What a kind does around its writes beside the object itself: allocating addresses, for instance. Upstream: BeginCreate,
 * BeginUpdate and AfterDelete of the generic registry.
 */
export interface StorageHooks<T extends ApiObject = ApiObject> {
  /** Rebuilds what the hooks hold from what is stored; called before the first request. */
  restore?(objects: Iterable<CachedObject>): void
  /** Before validation; may change the object and may refuse by throwing. `user` is who creates it. */
  beginCreate?(object: T, user: UserInfo): Finish | undefined
  beginUpdate?(object: T, old: DeepReadonly<T>): Finish | undefined
  afterDelete?(object: DeepReadonly<T>): void
}
