import type { ApiObject } from '../../api/resource.ts'
import { StatusError } from '../../api/status-error.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { RevisionMismatch } from '../../store/store.ts'
import type { UserInfo } from '../request.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'

/** How a write ended: it was not made (a dry run, too), or nobody knows whether it was (the store broke off). */
export type WriteOutcome = 'stored' | 'refused' | 'unknown'

/** Called once, when the outcome is there. Must not throw: the write is what it is. */
export type Finish = (outcome: WriteOutcome) => void | Promise<void>

/** What hooks hear of the request. */
export interface HookContext {
  readonly user: UserInfo
  readonly dryRun: boolean
  readonly signal: AbortSignal
}

export type Begun = Finish | undefined | Promise<Finish | undefined>

/**
 * What a kind does around its writes beside the object itself: allocating addresses, for instance. Upstream: BeginCreate,
 * BeginUpdate and AfterDelete of the generic registry.
 */
export interface StorageHooks<T extends ApiObject = ApiObject> {
  /** Rebuilds what the hooks hold from what is stored; called before the first request. */
  restore?(objects: Iterable<CachedObject>): void | Promise<void>
  /** Before validation; may change the object and may refuse by throwing. */
  beginCreate?(object: T, context: HookContext): Begun
  /** The same for an update of the object itself; subresources have none. */
  beginUpdate?(object: T, old: DeepReadonly<T>, context: HookContext): Begun
  /** Must not throw: the object is gone. */
  afterDelete?(object: DeepReadonly<T>): void | Promise<void>
}

/** Makes a write and tells how it ended. Resolves and rejects as the write does; most kinds begin nothing. */
export function finishing<R>(begun: Begun, dryRun: boolean, write: () => Promise<R>): Promise<R> {
  return begun ? finishingLater(begun, dryRun, write) : write()
}

async function finishingLater<R>(begun: Begun, dryRun: boolean, write: () => Promise<R>): Promise<R> {
  const finish = await begun
  if (!finish) return write()
  let outcome: WriteOutcome = 'unknown'
  try {
    const result = await write()
    outcome = dryRun ? 'refused' : 'stored'
    return result
  } catch (error) {
    if (error instanceof StatusError || error instanceof RevisionMismatch) outcome = 'refused'
    throw error
  } finally {
    await finish(outcome)
  }
}
