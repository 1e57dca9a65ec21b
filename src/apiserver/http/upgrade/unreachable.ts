import { Reason, StatusError } from '../../../api/status-error.ts'
import { goErrorText } from '../../webhooks/go-error-text.ts'
import type { Target } from './target.ts'

/** A proxied request that did not reach a server: 503, in upstream's words (apimachinery's util/proxy). */
export function unreachableService(cause: unknown): StatusError {
  const why = typeof cause === 'string' ? cause : goErrorText(cause)
  const message = `error trying to reach service: ${why}`
  return new StatusError({ code: 503, reason: Reason.ServiceUnavailable, message, cause })
}

/** An upgrade whose other end could not be reached, or left before it answered: 500 without a reason, as upstream. */
export function undialedBackend(cause: Error): StatusError {
  const hasLeft = (cause as { code?: unknown }).code === 'ECONNRESET'
  const message = hasLeft ? 'unexpected EOF' : `error dialing backend: ${goErrorText(cause)}`
  return new StatusError({ code: 500, reason: Reason.Unknown, message, cause })
}

/** A kubelet that could not be asked for a log: 500 without a reason, in the words of Go's HTTP client. */
export function unreadableLog({ host, port, path }: Target, cause: Error): StatusError {
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
  return new StatusError({ code: 500, reason: Reason.Unknown, message: `Get "${url}": ${goErrorText(cause)}`, cause })
}
