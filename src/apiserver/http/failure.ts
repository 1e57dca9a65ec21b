import { internalError, Reason, StatusError } from '../../api/status-error.ts'
import type { Logger } from '../../base/log.ts'
import { OutcomeUnknown, StoreUnavailable } from '../../store/store.ts'
import { BodyTooLarge } from './exchange.ts'

/** The Status that a failure becomes. Faults of our own are logged; clients learn that something failed, not what. */
export function failureOf(error: unknown, log: Logger): StatusError {
  if (error instanceof StatusError) return error
  if (error instanceof BodyTooLarge) return tooLarge(error)
  if (error instanceof URIError) return malformedPath(error)
  if (error instanceof OutcomeUnknown) return timedOut(error)
  if (error instanceof StoreUnavailable) return unavailable(error)
  log.error('a request failed', { error: (error as Error).message, stack: (error as Error).stack })
  return internalError((error as Error).message, error)
}

/** Upstream's limit on bodies: 3 MiB. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024

const tooLarge = (cause: BodyTooLarge): StatusError =>
  new StatusError({
    code: 413,
    reason: Reason.RequestEntityTooLarge,
    message: `Request entity too large: limit is ${MAX_BODY_BYTES}`,
    cause,
  })

const malformedPath = (cause: URIError): StatusError =>
  new StatusError({ code: 400, reason: Reason.BadRequest, message: `invalid URL escape: ${cause.message}`, cause })

const unavailable = (cause: StoreUnavailable): StatusError =>
  new StatusError({
    code: 503,
    reason: Reason.ServiceUnavailable,
    message: `the server is currently unable to handle the request: ${cause.message}`,
    details: { retryAfterSeconds: 1 },
    cause,
  })

/**
 * Upstream's words when etcd does not answer in time. It says no time to come back after: clients take that for leave to
 * send the same again, and a write that may have happened must not happen twice.
 */
const timedOut = (cause: OutcomeUnknown): StatusError =>
  new StatusError({
    code: 504,
    reason: Reason.Timeout,
    message: `Timeout: request did not complete within requested timeout - ${cause.message}`,
    cause,
  })

export const unauthorized = (): StatusError =>
  new StatusError({ code: 401, reason: Reason.Unauthorized, message: 'Unauthorized' })
