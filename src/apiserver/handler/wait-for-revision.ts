import { Reason, StatusError } from '../../api/status-error.ts'
import { CACHE_WAIT_MS, type ResourceStorage } from '../registry/resource-storage.ts'
import { tooLargeResourceVersion } from './resource-version.ts'

/**
 * Waits until the cache shows a revision that a client named; 504 when that takes too long (upstream: 3 s). `asked`: the
 * revision as it was written, which may have more digits than a number here.
 */
export async function waitForRevision(
  storage: ResourceStorage,
  revision: number,
  signal: AbortSignal,
  asked = String(revision),
): Promise<void> {
  try {
    await storage.cache.waitUntil(revision, CACHE_WAIT_MS, signal)
  } catch (error) {
    if (error instanceof StatusError && error.reason === Reason.Timeout) {
      throw tooLargeResourceVersion(BigInt(asked), storage.cache.revision())
    }
    throw error
  }
}
