import { DecodeError } from './decode-error.ts'

const WIRE_VARINT = 0
const WIRE_FIXED64 = 1
const WIRE_BYTES = 2
const WIRE_FIXED32 = 5
/** Shorter runs are looked through for other bytes than ASCII, and cut out of one text that the whole body is. */
const SHORT_TEXT = 96
/** Messages within messages: more is an attack (golang/protobuf has 10,000, and no object of the API comes near). */
const MAX_DEPTH = 1000

/**
 * Reads protobuf (proto2 wire format) front to back; a nested message is read in place, between `enter` and `leave`.
 * Throws DecodeError with the words of Go's generated code where the bytes are broken.
 */
export class ProtobufReader {
  readonly #bytes: Buffer
  /** The same bytes as Latin-1, made when first needed: texts of ASCII are slices of it. */
  #latin1: string | undefined
  #at = 0
  /** Where the current message ends. */
  #end: number
  #depth = 0
  /** Of the field that `next` found. */
  number = 0
  #wire = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#end = bytes.length
  }

  /** Goes to the next field of the current message; false at its end. Its value must be read or skipped before the next call. */
  next(): boolean {
    if (this.#at >= this.#end) return false
    const tag = this.#varint()
    this.number = Math.floor(tag / 8)
    this.#wire = tag & 7
    if (this.number === 0) throw new DecodeError(`proto: illegal tag 0 (wire type ${this.#wire})`)
    return true
  }

  /** The end of the message around the one that is entered: to be given to `leave`. */
  enter(): number {
    if (++this.#depth > MAX_DEPTH) throw new DecodeError('proto: nested too deep')
    const outer = this.#end
    const length = this.#length()
    this.#end = this.#at + length
    return outer
  }

  leave(outer: number): void {
    this.#depth--
    this.#end = outer
  }

  /** An int32, enum or bool. */
  integer(): number {
    return this.integer64()
  }

  /** An int64, signed; one that a double cannot hold exactly is the nearest that it can. */
  integer64(): number {
    this.#expect(WIRE_VARINT)
    return this.#signed()
  }

  double(): number {
    this.#expect(WIRE_FIXED64)
    const value = this.#bytes.readDoubleLE(this.#need(8))
    this.#at += 8
    return value
  }

  bytes(): Buffer {
    const length = this.#length()
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }

  base64(): string {
    return this.bytes().toString('base64')
  }

  text(): string {
    const length = this.#length()
    const start = this.#at
    this.#at += length
    if (length === 0) return ''
    if (length > SHORT_TEXT || !this.#isAscii(start, this.#at)) return this.#bytes.toString('utf8', start, this.#at)
    this.#latin1 ??= this.#bytes.toString('latin1')
    return this.#latin1.substring(start, this.#at)
  }

  /** The numbers of a packed list, or the one that is here by itself. */
  integers(list: number[]): void {
    if (this.#wire === WIRE_VARINT) {
      list.push(this.integer64())
      return
    }
    const outer = this.enter()
    while (this.#at < this.#end) list.push(this.#signed())
    this.leave(outer)
  }

  skip(): void {
    if (this.#wire === WIRE_VARINT) this.#varint()
    else if (this.#wire === WIRE_BYTES) this.bytes()
    else if (this.#wire === WIRE_FIXED64) this.#at = this.#need(8) + 8
    else if (this.#wire === WIRE_FIXED32) this.#at = this.#need(4) + 4
    else throw new DecodeError(`proto: illegal wireType ${this.#wire}`)
  }

  #expect(wire: number): void {
    if (this.#wire !== wire) throw new DecodeError(`proto: wrong wireType = ${this.#wire} for field ${this.number}`)
  }

  #length(): number {
    this.#expect(WIRE_BYTES)
    const length = this.#varint()
    this.#need(length)
    return length
  }

  #isAscii(start: number, end: number): boolean {
    let bits = 0
    for (let index = start; index < end; index++) bits |= this.#bytes[index] as number
    return bits < 0x80
  }

  /** Unsigned; exact up to 2⁵³. */
  #varint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.#need(1)] as number
      this.#at++
      if (byte < 0x80) return value + byte * scale
      value += (byte - 0x80) * scale
      scale *= 128
    }
    throw new DecodeError('proto: integer overflow')
  }

  /** Two's complement of 64 bits; numbers of ten bytes, the negative ones, are put together in two halves. */
  #signed(): number {
    const start = this.#at
    const value = this.#varint()
    if (this.#at - start < 8) return value
    let bits = 0n
    for (let index = this.#at - 1; index >= start; index--) {
      bits = (bits << 7n) | BigInt((this.#bytes[index] as number) & 0x7f)
    }
    return Number(BigInt.asIntN(64, bits))
  }

  /** Where the next `length` bytes begin. */
  #need(length: number): number {
    if (length > this.#end - this.#at) throw new DecodeError('unexpected EOF')
    return this.#at
  }
}
