import type { StatusError } from '../../api/status-error.ts'
import { encodedValue } from './encoded-value.ts'
import type { Exchange } from './exchange.ts'
import { commonHeaders } from './json-answer.ts'
import { Endpoint, type Format, isPretty, JSON_TYPE, negotiate } from './negotiation.ts'
import { UrlQuery } from './query.ts'

/** Answers with a Status in the media type that the client asks for; in indented JSON when it asks for none that there is. */
export async function answerFailure(exchange: Exchange, auditId: string, failure: StatusError): Promise<void> {
  const format = formatOf(exchange)
  const headers = commonHeaders(auditId, format.mediaType)
  const seconds = failure.details?.retryAfterSeconds
  if (seconds !== undefined) headers['retry-after'] = String(seconds)
  const body = encodedValue(failure.toStatus(), format.mediaType, format.pretty === true || isIndented(exchange))
  exchange.respond(failure.code, headers, body instanceof Promise ? await body : body)
}

function formatOf({ headers }: Exchange): Format {
  try {
    return negotiate(headers.accept, Endpoint.Plain)
  } catch {
    return { mediaType: JSON_TYPE, version: 'v1', pretty: true } // what failed first is what the client hears
  }
}

function isIndented({ url, headers }: Exchange): boolean {
  const mark = url.indexOf('?')
  const query = new UrlQuery(mark === -1 ? '' : url.slice(mark + 1))
  return isPretty(query.get('pretty'), headers['user-agent'])
}
