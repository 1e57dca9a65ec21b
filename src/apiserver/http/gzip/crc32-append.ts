/*
 * CRC-32 of gzip (RFC 1952) as arithmetic on polynomials over GF(2), their coefficients in reversed bit order: bit 31 is
 * x^0. Appending n bytes multiplies what came before by x^(8n), modulo the polynomial.
 */

const POLYNOMIAL = 0xedb88320
const ONE = 0x80000000
const X = 0x40000000

/** x^(2^index) modulo the polynomial. */
const powers = new Uint32Array(32)
powers[0] = X
for (let index = 1; index < powers.length; index++) powers[index] = product(powers[index - 1]!, powers[index - 1]!)

/** What appending so many bytes multiplies by. */
export function shiftOf(bytes: number): number {
  let shift = ONE
  for (let [rest, index] = [bytes, 3]; rest > 0; rest = Math.floor(rest / 2), index++) {
    if (rest % 2 === 1) shift = product(powers[index % 32]!, shift) // x has the order 2^32 - 1: powers come again
  }
  return shift
}

/** The checksum of two texts in a row, from theirs; `shift` is that of the length of the second. */
export const appended = (first: number, second: number, shift: number): number => (product(shift, first) ^ second) >>> 0

function product(left: number, right: number): number {
  let result = 0
  let shifted = right
  for (let bit = 31; bit >= 0; bit--) {
    if ((left >>> bit) & 1) result ^= shifted
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1
  }
  return result >>> 0
}
