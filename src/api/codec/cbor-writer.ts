import { DOUBLE, HALF, Major, SINGLE } from './cbor-head.ts'

const FIRST_BYTES = 16 * 1024
/** A buffer that grew beyond this is given up after use. */
const KEPT_BYTES = 1024 * 1024
/** Shorter texts are copied here, longer ones by the native encoder, whose call costs more than a short loop. */
const SHORT_TEXT = 40

/** Writes CBOR front to back, each head in its shortest form. Reused from item to item: `take` copies the result out. */
export class CborWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #length = 0

  take(): Buffer<ArrayBuffer> {
    const result = Buffer.allocUnsafeSlow(this.#length)
    this.#bytes.copy(result, 0, 0, this.#length)
    this.reset()
    return result
  }

  reset(): void {
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
    this.#length = 0
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#length++] = value
  }

  raw(value: Uint8Array): void {
    this.#room(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** A major type with its argument: a value, a length or a number of items. */
  head(major: Major, argument: number | bigint): void {
    this.#room(9)
    const type = major << 5
    if (argument < 24) return this.#put(type | Number(argument))
    if (argument < 0x100) {
      this.#put(type | 24)
      return this.#put(Number(argument))
    }
    if (argument < 0x1_0000) {
      this.#put(type | 25)
      this.#length = this.#bytes.writeUInt16BE(Number(argument), this.#length)
    } else if (argument < 0x1_0000_0000) {
      this.#put(type | 26)
      this.#length = this.#bytes.writeUInt32BE(Number(argument), this.#length)
    } else {
      this.#put(type | 27)
      this.#length = this.#bytes.writeBigUInt64BE(BigInt(argument), this.#length)
    }
  }

  /** A text as a byte string: what upstream's encoder writes for every Go string. */
  text(value: string): void {
    const { length } = value
    if (length < SHORT_TEXT && this.#shortAscii(value)) return
    const size = Buffer.byteLength(value)
    this.head(Major.Bytes, size)
    this.#room(size)
    this.#length += this.#bytes.write(value, this.#length, size, 'utf8')
  }

  /** A floating-point number in the shortest form that keeps its value. */
  float(value: number): void {
    const half = halfOf(value)
    this.#room(9)
    if (half !== undefined) {
      this.#put(HALF)
      this.#length = this.#bytes.writeUInt16BE(half, this.#length)
    } else if (Math.fround(value) === value) {
      this.#put(SINGLE)
      this.#length = this.#bytes.writeFloatBE(value, this.#length)
    } else {
      this.#put(DOUBLE)
      this.#length = this.#bytes.writeDoubleBE(value, this.#length)
    }
  }

  /** False, and nothing written, when there is something else than ASCII in it. */
  #shortAscii(value: string): boolean {
    const start = this.#length
    this.head(Major.Bytes, value.length)
    this.#room(value.length)
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code >= 0x80) {
        this.#length = start
        return false
      }
      this.#bytes[this.#length++] = code
    }
    return true
  }

  #put(value: number): void {
    this.#bytes[this.#length++] = value
  }

  #room(bytes: number): void {
    const { length } = this.#bytes
    if (length - this.#length >= bytes) return
    const larger = Buffer.allocUnsafeSlow(Math.max(length * 2, length + bytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

const single = new DataView(new ArrayBuffer(4))
const MANTISSA = 0x7f_ffff

/** The bits of a number as a half-precision one (binary16), or undefined where that would not be the same number. */
function halfOf(value: number): number | undefined {
  if (Math.fround(value) !== value) return undefined
  single.setFloat32(0, value)
  const bits = single.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const exponent = ((bits >>> 23) & 0xff) - 127
  const mantissa = bits & MANTISSA
  if (exponent === -127) return mantissa === 0 ? sign : undefined
  if (exponent >= -14 && exponent <= 15) {
    return (mantissa & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (mantissa >>> 13) : undefined
  }
  if (exponent < -24 || exponent > 15) return undefined
  const shift = -exponent - 1 // a number below the normal ones: the implicit one becomes a bit of the mantissa
  const whole = mantissa | 0x80_0000
  return (whole & ((1 << shift) - 1)) === 0 ? sign | (whole >>> shift) : undefined
}
