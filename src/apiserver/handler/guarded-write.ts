import { RevisionMismatch } from '../../store/store.ts'
import type { Abortable, ResourceStorage } from '../registry/resource-storage.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'

/**
 * Runs a write from the newest state, and again from what the store has whenever someone else was faster. `attempt` makes
 * everything anew each time and decides itself whether a changed object is a conflict. Upstream: GuaranteedUpdate.
 */
export async function guardedWrite<R>(
  storage: ResourceStorage,
  key: string,
  asked: Abortable,
  attempt: (current: CachedObject | undefined) => Promise<R>,
): Promise<R> {
  let current = await storage.current(key, asked)
  for (;;) {
    try {
      return await attempt(current)
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error
      asked.signal.throwIfAborted()
      current = await storage.reread(key)
    }
  }
}
