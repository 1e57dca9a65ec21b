import { hasReason, Reason } from '../api/status-error.ts'

/** For `.catch`: what is gone is undefined; every other failure is thrown on. */
export function ignoreNotFound(error: unknown): undefined {
  if (!hasReason(error, Reason.NotFound)) throw error
}
