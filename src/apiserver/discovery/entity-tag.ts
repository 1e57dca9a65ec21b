import { createHash } from 'node:crypto'

/** The ETag of an answer, quoted: the SHA-512 of its bytes in upper case. `If-None-Match` with it gets 304. */
export function entityTag(body: Uint8Array): string {
  return `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`
}
