import { StatusError } from '../api/status-error.ts'

/** A create was refused because its namespace is going away: there is nothing left to do for the object. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    error.code === 403 &&
    (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
  )
}
