import type { OutgoingHttpHeaders } from 'node:http'
import type { Exchange } from './exchange.ts'

/**
 * What tells the next server where the body of a request ends, beside the Content-Length that is passed on with the other
 * headers. Left to itself, Node.js sends bodies of GET and DELETE bare: their bytes would be the connection's next request.
 */
export function bodyFraming({ hasBody, headers }: Pick<Exchange, 'hasBody' | 'headers'>): OutgoingHttpHeaders {
  return hasBody && headers['content-length'] === undefined ? { 'transfer-encoding': 'chunked' } : {}
}
