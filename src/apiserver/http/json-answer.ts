import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Exchange, ResponseHeaders } from './exchange.ts'

const compress = promisify(gzip)
const MIN_GZIP_BYTES = 128 * 1024

/** What every answer of the API carries. */
export function commonHeaders(auditId: string, contentType: string): ResponseHeaders {
  return { 'audit-id': auditId, 'cache-control': 'no-cache, private', 'content-type': contentType }
}

/** Sends a whole body; large ones compressed when the client takes that (in the thread pool, not on the event loop). */
export function send(exchange: Exchange, code: number, headers: ResponseHeaders, body: Uint8Array | string): void {
  if (body.length < MIN_GZIP_BYTES || !acceptsGzip(exchange)) return exchange.respond(code, headers, body)
  void compress(body, { level: 1 }).then((packed) => {
    exchange.respond(code, { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' }, packed)
  })
}

export function acceptsGzip({ headers }: Exchange): boolean {
  return headers['accept-encoding']?.includes('gzip') ?? false
}
