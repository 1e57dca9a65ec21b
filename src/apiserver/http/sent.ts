import type { Writable } from 'node:stream'

/** Writes to a stream; resolves when the bytes have gone out, or to false when the stream is closed before. */
export function sent(stream: Writable, chunk: Uint8Array): Promise<boolean> {
  if (stream.destroyed) return Promise.resolve(false)
  return new Promise((resolve) => {
    const closed = () => resolve(false)
    stream.once('close', closed)
    stream.write(chunk, (error) => {
      stream.off('close', closed)
      resolve(!error)
    })
  })
}
