/**
 * How many bits the code of each byte has (RFC 7541, appendix B). The code is canonical: codes of one length follow each
 * other in the order of the bytes, shorter ones come first.
 */
const CODE_BITS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26,
]
const LONGEST = 30
/** Padding is the beginning of the code of the end of the text, which is ones only and shorter than a byte. */
const MAX_PADDING_BITS = 7

interface CodesOfLength {
  /** The lowest code of this many bits. */
  readonly first: number
  /** Their bytes, in the order of the codes. */
  readonly bytes: readonly number[]
}

const BY_LENGTH: readonly CodesOfLength[] = canonicalCodes()

function canonicalCodes(): CodesOfLength[] {
  const codes: CodesOfLength[] = []
  let next = 0
  for (let bits = 0; bits <= LONGEST; bits++) {
    const bytes = CODE_BITS.flatMap((length, byte) => (length === bits ? [byte] : []))
    codes.push({ first: next, bytes })
    next = (next + bytes.length) * 2
  }
  return codes
}

/** The text of a Huffman-coded string (RFC 7541, 5.2), bytes as latin1; undefined when it is none. */
export function decodeHuffman(coded: Uint8Array): string | undefined {
  let text = ''
  let [code, bits] = [0, 0]
  for (const octet of coded) {
    for (let mask = 0x80; mask > 0; mask >>= 1) {
      code = code * 2 + (octet & mask ? 1 : 0)
      bits++
      const { first, bytes } = BY_LENGTH[bits]!
      const byte = bytes[code - first]
      if (code >= first && byte !== undefined) {
        text += String.fromCharCode(byte)
        code = bits = 0
      } else if (bits === LONGEST) return undefined // the end of the text is not to be coded
    }
  }
  return bits <= MAX_PADDING_BITS && code === 2 ** bits - 1 ? text : undefined
}
