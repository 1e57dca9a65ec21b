import { DecodeError } from './decode-error.ts'

const WIRE_VARINT = 0
const WIRE_FIXED64 = 1
const WIRE_BYTES = 2
const WIRE_FIXED32 = 5

/** Reads the fields of one protobuf message (proto2/proto3 wire format). Throws DecodeError at a broken end. */
export class ProtobufReader {
  readonly #bytes: Buffer
  #at = 0
  /** Of the field that `next` found. */
  number = 0
  #wire = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Goes to the next field; false at the end. Its value must be read or skipped before the next call. */
  next(): boolean {
    if (this.#at >= this.#bytes.length) return false
    const tag = Number(this.#varint())
    this.number = tag >>> 3
    this.#wire = tag & 7
    return true
  }

  /** An int32, int64, enum or bool, signed. Beyond 2⁵³ inexact. */
  integer(): number {
    return Number(BigInt.asIntN(64, this.#varint()))
  }

  double(): number {
    const value = this.#bytes.readDoubleLE(this.#need(8))
    this.#at += 8
    return value
  }

  bytes(): Buffer {
    const length = Number(this.#varint())
    const start = this.#need(length)
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }

  text(): string {
    return this.bytes().toString('utf8')
  }

  message(): ProtobufReader {
    return new ProtobufReader(this.bytes())
  }

  /** Whether the value is a run of bytes: where numbers are expected, they are packed. */
  get isBytes(): boolean {
    return this.#wire === WIRE_BYTES
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  skip(): void {
    if (this.#wire === WIRE_VARINT) this.#varint()
    else if (this.#wire === WIRE_BYTES) this.bytes()
    else if (this.#wire === WIRE_FIXED64) this.#at = this.#need(8) + 8
    else if (this.#wire === WIRE_FIXED32) this.#at = this.#need(4) + 4
    else throw new DecodeError(`proto: illegal wireType ${this.#wire}`)
  }

  #varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#need(1)] as number
      this.#at++
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new DecodeError('proto: integer overflow')
  }

  /** Where the next `length` bytes begin. */
  #need(length: number): number {
    if (length < 0 || this.#at + length > this.#bytes.length) throw new DecodeError('unexpected EOF')
    return this.#at
  }
}
