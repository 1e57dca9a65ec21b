import { gunzipSync, gzipSync } from 'node:zlib'

/** A document as it is kept: its compressed bytes, and a hash of what it is made of, quoted for an ETag. */
export interface Document {
  readonly gzip: Uint8Array
  readonly etag: string
}

/** Of the bytes of a document and what changes when they do. */
export const compressed = (bytes: Uint8Array, hash: string): Document => ({ gzip: gzipSync(bytes), etag: `"${hash}"` })

/** The bytes of a document, for clients that do not take gzip. */
export const uncompressed = ({ gzip }: Document): Uint8Array => gunzipSync(gzip)
