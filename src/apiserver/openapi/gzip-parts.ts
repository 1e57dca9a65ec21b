import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

const deflate = promisify(deflateRaw)

/** Some bytes of a larger whole, compressed by themselves. */
export interface GzipPart {
  /** A raw deflate stream that ends at a byte and says nothing of the end of the whole. */
  readonly deflated: Uint8Array
  readonly crc: number
  /** How many bytes it stands for. */
  readonly size: number
}

/** Compresses a part in the thread pool, off the event loop. */
export async function gzipPart(bytes: Uint8Array): Promise<GzipPart> {
  const deflated = await deflate(bytes, { finishFlush: constants.Z_FULL_FLUSH })
  return { deflated, crc: crc32(bytes), size: bytes.length }
}

/** Magic, deflate, no name, no time, unknown system (RFC 1952). */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
/** An empty last block. */
const LAST_BLOCK = Uint8Array.of(3, 0)

/** One gzip member out of parts, without compressing anything again. */
export function joinGzip(parts: readonly GzipPart[]): Uint8Array {
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(parts.reduce((crc, part) => appended(crc, part), 0) >>> 0, 0)
  trailer.writeUInt32LE(parts.reduce((size, part) => size + part.size, 0) % 2 ** 32, 4)
  return Buffer.concat([HEADER, ...parts.map(({ deflated }) => deflated), LAST_BLOCK, trailer])
}

/**
 * The CRC-32 of two texts after each other: that of the first, moved on by the length of the second, plus that of the
 * second. In polynomials over GF(2), bits reversed as CRC-32 has them, moving on by n bytes is multiplying by x^8n.
 */
function appended(crc: number, { crc: next, size }: GzipPart): number {
  return multiplied(powerOfX(size * 8), crc) ^ next
}

const POLYNOMIAL = 0xedb88320
/** x^0 with the bits reversed: the highest bit stands for the lowest power. */
const ONE = 0x80000000
const X = 0x40000000

function multiplied(left: number, right: number): number {
  let product = 0
  let factor = right
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if (left & bit) product ^= factor
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1
  }
  return product
}

function powerOfX(exponent: number): number {
  let power = ONE
  let square = X
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiplied(square, power)
    square = multiplied(square, square)
  }
  return power
}
