import type { StatusError } from '../../api/status-error.ts'
import { encodedValue } from './encoded-value.ts'
import type { Exchange } from './exchange.ts'
import { JSON_TYPE } from './media-type.ts'
import { Endpoint, type Format, type Negotiation } from './negotiation.ts'
import { isPretty } from './pretty.ts'
import { UrlQuery } from './query.ts'
import { commonHeaders } from './send.ts'
import { warningHeaders } from './warning-headers.ts'

export interface FailureAnswer {
  readonly auditId: string
  readonly negotiation: Negotiation
  /** What the client was to be warned of before it failed. */
  readonly warnings: readonly string[]
}

/** Answers with a Status in the media type that the client asks for; in indented JSON when it asks for none that there is. */
export async function answerFailure(
  exchange: Exchange,
  failure: StatusError,
  { auditId, negotiation, warnings }: FailureAnswer,
): Promise<void> {
  const { mediaType, pretty } = formatOf(exchange, negotiation)
  const headers = commonHeaders(auditId, mediaType)
  const texts = warningHeaders(warnings)
  if (texts.length > 0) headers.warning = texts
  const seconds = failure.details?.retryAfterSeconds
  if (seconds !== undefined) headers['retry-after'] = String(seconds)
  const body = encodedValue(failure.toStatus(), mediaType, pretty === true || isIndented(exchange))
  exchange.respond(failure.code, headers, body instanceof Promise ? await body : body)
}

/** That the form is none of ours is not what the client is to hear: something else failed first. */
function formatOf({ headers }: Exchange, negotiation: Negotiation): Pick<Format, 'mediaType' | 'pretty'> {
  try {
    return negotiation.format(headers.accept, Endpoint.Failure)
  } catch {
    return { mediaType: JSON_TYPE, pretty: true }
  }
}

function isIndented({ url, headers }: Exchange): boolean {
  const mark = url.indexOf('?')
  const query = new UrlQuery(mark === -1 ? '' : url.slice(mark + 1))
  return isPretty(query.get('pretty'), headers['user-agent'])
}
