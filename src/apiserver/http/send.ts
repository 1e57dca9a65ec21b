import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import { nextTurn, turnIsLong } from '../yielding.ts'
import type { Exchange, ResponseHeaders, ResponseStream } from './exchange.ts'
import type { PiecewiseBody } from './piecewise-body.ts'

const compress = promisify(gzip)
/** Upstream compresses what is larger, at this level (APIResponseCompression). */
export const MIN_GZIP_BYTES = 128 * 1024
const GZIP_LEVEL = 1
/** What goes before and after the items of a list is not worth waiting for: each time takes a turn of the event loop. */
const UNWAITED_BYTES = 4 * 1024

/** What every answer of the API carries. */
export function commonHeaders(auditId: string, contentType: string): ResponseHeaders {
  return { 'audit-id': auditId, 'cache-control': 'no-cache, private', 'content-type': contentType }
}

/** Sends a whole body; large ones compressed when the client takes that (in the thread pool, not on the event loop). */
export function send(
  exchange: Exchange,
  code: number,
  headers: ResponseHeaders,
  body: Uint8Array | string,
): Promise<void> | void {
  if (body.length <= MIN_GZIP_BYTES || !acceptsGzip(exchange)) return exchange.respond(code, headers, body)
  return sendCompressed(exchange, code, headers, body)
}

async function sendCompressed(exchange: Exchange, code: number, headers: ResponseHeaders, body: Uint8Array | string) {
  const packed = await compress(body, { level: GZIP_LEVEL })
  exchange.respond(code, withGzip(headers), packed)
}

/** Sends a body that is compressed already, piece by piece. */
export function sendPacked(exchange: Exchange, headers: ResponseHeaders, pieces: AsyncIterable<Uint8Array>) {
  return pour(exchange, exchange.stream(200, withGzip(headers)), pieces)
}

function withGzip(headers: ResponseHeaders): ResponseHeaders {
  const vary = headers.vary === undefined ? 'Accept-Encoding' : `${headers.vary}, Accept-Encoding`
  return { ...headers, 'content-encoding': 'gzip', vary }
}

/**
 * Sends a body that is made as it goes out, as fast as the client takes it: what is not sent yet is not made yet. What is
 * large is compressed when the client takes that.
 */
export function sendBody(exchange: Exchange, headers: ResponseHeaders, body: PiecewiseBody): Promise<void> {
  if (body.length > MIN_GZIP_BYTES && acceptsGzip(exchange)) return sendPacking(exchange, headers, body.pieces())
  const stream = exchange.stream(200, { ...headers, 'content-length': body.length })
  return pour(exchange, stream, body.pieces(), body.staysAsIs ? UNWAITED_BYTES : 0)
}

/** The same for a body whose length nobody knows; what is small goes out whole. */
export async function sendPieces(
  exchange: Exchange,
  headers: ResponseHeaders,
  pieces: Generator<Uint8Array>,
): Promise<void> {
  const first = beginning(pieces)
  if (first.isAll) return exchange.respond(200, headers, Buffer.concat(first.pieces))
  const all = following(first.pieces, pieces)
  return acceptsGzip(exchange)
    ? sendPacking(exchange, headers, all)
    : pour(exchange, exchange.stream(200, headers), all)
}

function sendPacking(exchange: Exchange, headers: ResponseHeaders, pieces: Iterable<Uint8Array>): Promise<void> {
  const packed = createGzip({ level: GZIP_LEVEL })
  pipeline(Readable.from(copies(pieces)), packed, () => {}) // its faults come out of `packed`
  return pour(exchange, exchange.stream(200, withGzip(headers)), packed)
}

/** Copies of as many pieces as decide whether to compress. */
function beginning(source: Generator<Uint8Array>): { pieces: Uint8Array[]; isAll: boolean } {
  const pieces: Uint8Array[] = []
  let bytes = 0
  while (bytes <= MIN_GZIP_BYTES) {
    const { done, value } = source.next()
    if (done) return { pieces, isAll: true }
    pieces.push(Buffer.from(value))
    bytes += value.length
  }
  return { pieces, isAll: false }
}

function* following(first: readonly Uint8Array[], rest: Generator<Uint8Array>): Generator<Uint8Array> {
  yield* first
  yield* rest
}

function* copies(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece)
}

/**
 * A fault on the way breaks the answer off: the client must not take it for the whole. Pieces of up to `unwaited` bytes, which
 * nobody may write over, go out when they can.
 */
async function pour(
  exchange: Exchange,
  stream: ResponseStream,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  unwaited = 0,
): Promise<void> {
  if (exchange.method === 'HEAD') return stream.end()
  const { signal } = exchange
  try {
    for await (const piece of pieces) {
      if (signal.aborted) return stream.destroy()
      if (piece.length <= unwaited) stream.write(piece)
      else if (!(await stream.send(piece))) return stream.destroy()
      if (turnIsLong()) await nextTurn() // a client on this machine takes pieces faster than they are made
    }
  } catch (error) {
    stream.destroy()
    throw error
  }
  if (signal.aborted) stream.destroy()
  else stream.end()
}

/** Whether `gzip` is among what the client takes; as upstream, only where it stands without a q. */
export function acceptsGzip({ headers }: Exchange): boolean {
  const accepted = headers['accept-encoding']
  if (typeof accepted !== 'string') return false
  return accepted === 'gzip' || accepted.split(',').some((token) => token.trim() === 'gzip')
}
