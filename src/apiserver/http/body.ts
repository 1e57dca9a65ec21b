import type { PlacedJson } from '../watch-cache/placed-json.ts'

/** The body of an answer: whole, or what is written where it goes. */
export type Body = Uint8Array | string | PlacedJson

/** In bytes. */
export function bodyLength(body: Body): number {
  if (typeof body === 'string') return Buffer.byteLength(body)
  return body instanceof Uint8Array ? body.length : body.jsonLength
}

/** For who does not have a place to write it to. */
export function wholeBody(body: Body): Uint8Array | string {
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  const bytes = Buffer.allocUnsafe(body.jsonLength)
  body.copyJson(bytes, 0, 0)
  return bytes
}
