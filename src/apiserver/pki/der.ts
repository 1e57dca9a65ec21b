/**
 * The few DER forms (X.690) that certificates are made of, as an encoder. Written here because the X.509 library of our
 * choice takes 150 ms to load and start, which the first start of a cluster cannot spare.
 */
export type Der = Buffer

const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  Sequence: 0x30,
  Set: 0x31,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
} as const

export const sequence = (...parts: Der[]): Der => element(Tag.Sequence, Buffer.concat(parts))
export const set = (...parts: Der[]): Der => element(Tag.Set, Buffer.concat(parts))
export const octetString = (bytes: Uint8Array): Der => element(Tag.OctetString, bytes)
export const utf8String = (text: string): Der => element(Tag.Utf8String, Buffer.from(text))
export const boolean = (value: boolean): Der => element(Tag.Boolean, Buffer.from([value ? 0xff : 0]))

/** A non-negative integer, big endian. */
export function integer(bytes: Uint8Array): Der {
  const start = bytes.findIndex((byte) => byte !== 0)
  const significant = start < 0 ? Buffer.from([0]) : bytes.subarray(start)
  const negative = (significant[0] as number) >= 0x80
  return element(Tag.Integer, negative ? Buffer.concat([Buffer.from([0]), significant]) : significant)
}

/** `unused` counts the bits at the end that do not belong to the string. */
export const bitString = (bytes: Uint8Array, unused = 0): Der =>
  element(Tag.BitString, Buffer.concat([Buffer.from([unused]), bytes]))

export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(Tag.ObjectIdentifier, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** A time of a certificate: UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5). To the second. */
export function time(ms: number): Der {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return new Date(ms).getUTCFullYear() < 2050
    ? element(Tag.UtcTime, Buffer.from(digits.slice(2)))
    : element(Tag.GeneralizedTime, Buffer.from(digits))
}

/** `[n] EXPLICIT` around a whole element, or `[n] IMPLICIT` in place of a constructed element's tag. */
export const explicit = (number: number, content: Uint8Array): Der => element(0xa0 + number, content)
/** `[n] IMPLICIT` in place of a primitive element's tag. */
export const implicit = (number: number, content: Uint8Array): Der => element(0x80 + number, content)

function element(tag: number, content: Uint8Array): Der {
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(content.length)]), content])
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest >>= 8) octets.unshift(rest & 0xff)
  return [0x80 + octets.length, ...octets]
}

function base128(value: number): number[] {
  const groups = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) groups.unshift((rest & 0x7f) | 0x80)
  return groups
}
