import { StatusError } from '../../api/status-error.ts'
import { RevisionMismatch } from '../../store/store.ts'
import type { Abortable, ResourceStorage } from '../registry/resource-storage.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'

/**
 * What a write begins from. The cache's state costs no question to a store that others write to, too, and may be older than
 * what they have written: an attempt may begin from it that ends in a guarded write, in `ResourceStorage.confirm` or in an
 * error, which counts only when the state was the newest.
 */
export type Beginning = 'newest' | 'cached'

/**
 * Runs a write from the state there is, and again from what the store has whenever someone else was faster. `attempt` makes
 * everything anew each time and decides itself whether a changed object is a conflict. Upstream: GuaranteedUpdate, which
 * begins from the cache likewise.
 */
export async function guardedWrite<R>(
  storage: ResourceStorage,
  key: string,
  asked: Abortable,
  attempt: (current: CachedObject | undefined) => Promise<R>,
  beginning: Beginning = 'newest',
): Promise<R> {
  const mayBeOld = beginning === 'cached' && storage.isShared
  let current = await (mayBeOld ? storage.cached(key, asked) : storage.current(key, asked))
  for (let isNewest = !mayBeOld; ; isNewest = true) {
    try {
      return await attempt(current)
    } catch (error) {
      const isOvertaken = error instanceof RevisionMismatch
      if (!isOvertaken && (isNewest || !(error instanceof StatusError))) throw error
      asked.signal.throwIfAborted()
      const newest = await storage.reread(key)
      if (!isOvertaken && newest?.revision === current?.revision) throw error
      current = newest
    }
  }
}
