/**
 * How values look in a backend that others read and write too. The store's users see their own form only; etcd holds what
 * upstream's API server writes and reads.
 */
export interface ValueCodec {
  /** `source`: what the value was made of, if that is at hand, so that the value need not be decoded. It is only read. */
  encode(key: string, value: Uint8Array, source?: object): Uint8Array
  /** Throws for a value that is neither upstream's nor ours; the message says what it seems to be. */
  decode(key: string, stored: Uint8Array): Uint8Array
}

/** For backends that belong to the store alone. */
export const asIs: ValueCodec = { encode: (_key, value) => value, decode: (_key, stored) => stored }
