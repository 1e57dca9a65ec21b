/** The major types of CBOR (RFC 8949, 3.1). */
export const Major = {
  Unsigned: 0,
  Negative: 1,
  Bytes: 2,
  Text: 3,
  Array: 4,
  Map: 5,
  Tag: 6,
  Simple: 7,
} as const
export type Major = (typeof Major)[keyof typeof Major]

/** Names of the major types as upstream's library prints them. */
export const MAJOR_NAMES: readonly string[] = [
  'positive integer',
  'negative integer',
  'byte string',
  'UTF-8 text string',
  'array',
  'map',
  'tag',
  'primitives',
]

export const FALSE = 0xf4
export const TRUE = 0xf5
export const NULL = 0xf6
export const HALF = 0xf9
export const SINGLE = 0xfa
export const DOUBLE = 0xfb
export const BREAK = 0xff
/** Additional information: what follows has no length of its own and ends with a break. */
export const INDEFINITE = 31

/** Encloses everything upstream encodes, as a mark to know CBOR by: tag 55799 (RFC 8949, 3.4.6). */
export const SELF_DESCRIBED = Buffer.from([0xd9, 0xd9, 0xf7])
/** The content is bytes that text formats show in base64url, base64 and base16 (RFC 8949, 3.4.5.2). */
export const LaterEncoding: ReadonlyMap<number, BufferEncoding> = new Map([
  [21, 'base64url'],
  [22, 'base64'],
  [23, 'hex'],
])
