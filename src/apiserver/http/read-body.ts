import type { Readable } from 'node:stream'
import { BodyTooLarge, ClientGone } from './exchange.ts'

const NOTHING = new Uint8Array()

/**
 * Collects a body. Events, not iteration: this is on the path of every write. A stream that is over before it is read - who
 * asks had to be found out first - says nothing any more: it had no body (Node.js ends a stream without data by itself), or
 * its client has gone.
 */
export function readBody(source: Readable, limit: number): Promise<Uint8Array> {
  if (source.readableEnded) return Promise.resolve(NOTHING)
  if (source.destroyed) return Promise.reject(new ClientGone())
  if (source.readableEnded) return Promise.resolve(NOTHING)
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const chunks: Uint8Array[] = []
  let length = 0
  source.on('data', (chunk: Uint8Array) => {
    length += chunk.length
    if (length <= limit) chunks.push(chunk)
    else reject(new BodyTooLarge())
  })
  let isWhole = false
  const gone = () => isWhole || reject(new ClientGone()) // an Error costs its stack trace: none is made without need
  source.on('end', () => {
    isWhole = true
    resolve(joined(chunks, length))
  })
  source.on('error', gone)
  source.on('aborted', gone)
  source.on('close', gone)
  return promise
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array
  return chunks.length === 0 ? NOTHING : Buffer.concat(chunks, length)
}
