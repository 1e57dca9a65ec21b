const FIRST_BYTES = 64 * 1024
/** A scratch buffer that grew beyond this is given up after use. */
const KEPT_BYTES = 1024 * 1024
/** Shorter texts are copied here, longer ones by the native encoder, whose call costs more than a short loop. */
const SHORT_TEXT = 40

/**
 * Writes protobuf from the end to the beginning, as Go's generated code does: a message is complete before its length is
 * written, so nothing is measured first. Fields must come in falling order of their numbers. Reused from message to
 * message: `take` copies the result out.
 */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** What is written lies in `[#at, end)`. */
  #at = FIRST_BYTES

  /** How much is written; give it to `close` when the message that begins here is complete. */
  get length(): number {
    return this.#bytes.length - this.#at
  }

  /** What was written, as a copy of its own; the writer begins anew. */
  take(): Buffer<ArrayBuffer> {
    const result = Buffer.allocUnsafeSlow(this.length)
    this.#bytes.copy(result, 0, this.#at)
    this.reset()
    return result
  }

  reset(): void {
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
    this.#at = this.#bytes.length
  }

  /** The length and tag of the message or map entry written since `length` was `before`. */
  close(tag: number, before: number): void {
    this.varint(this.length - before)
    this.varint(tag)
  }

  /** A string field; lone surrogates become U+FFFD. */
  text(tag: number, value: string): void {
    this.#writeText(value)
    this.varint(tag)
  }

  /** A field of bytes. */
  bytes(tag: number, value: Uint8Array): void {
    this.raw(value)
    this.varint(value.length)
    this.varint(tag)
  }

  /** Bytes as they are, without tag and length. */
  raw(value: Uint8Array): void {
    this.#room(value.length)
    this.#at -= value.length
    this.#bytes.set(value, this.#at)
  }

  /** An int32 or int64 field: negative numbers take ten bytes, two's complement of 64 bits. */
  integer(tag: number, value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) this.varint(value)
    else this.#varint64(BigInt.asUintN(64, BigInt(value)))
    this.varint(tag)
  }

  bool(tag: number, value: boolean): void {
    this.#room(1)
    this.#bytes[--this.#at] = value ? 1 : 0
    this.varint(tag)
  }

  double(tag: number, value: number): void {
    this.#room(8)
    this.#at -= 8
    this.#bytes.writeDoubleLE(value, this.#at)
    this.varint(tag)
  }

  /** A base-128 number, seven bits a byte, the lowest first. */
  varint(value: number): void {
    this.#room(10)
    if (value < 0x80) {
      this.#bytes[--this.#at] = value
      return
    }
    let length = 1
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++
    this.#at -= length
    let index = this.#at
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#bytes[index++] = (rest % 128) | 0x80
    this.#bytes[index] = rest
  }

  #varint64(value: bigint): void {
    this.#room(10)
    const digits: number[] = []
    for (let rest = value; ; rest >>= 7n) {
      digits.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
      if (rest <= 0x7fn) break
    }
    for (let index = digits.length - 1; index >= 0; index--) this.#bytes[--this.#at] = digits[index] as number
  }

  #writeText(value: string): void {
    const { length } = value
    if (length < SHORT_TEXT && this.#writeAscii(value)) return this.varint(length)
    const size = Buffer.byteLength(value)
    this.#room(size)
    this.#at -= size
    this.#bytes.write(value, this.#at, size, 'utf8')
    this.varint(size)
  }

  /** False, and nothing written, when there is something else than ASCII in it. */
  #writeAscii(value: string): boolean {
    this.#room(SHORT_TEXT)
    const bytes = this.#bytes
    let at = this.#at
    for (let index = value.length - 1; index >= 0; index--) {
      const code = value.charCodeAt(index)
      if (code >= 0x80) return false
      bytes[--at] = code
    }
    this.#at = at
    return true
  }

  #room(bytes: number): void {
    if (this.#at >= bytes) return
    const length = this.length
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#bytes.length + bytes))
    this.#bytes.copy(larger, larger.length - length, this.#at)
    this.#bytes = larger
    this.#at = larger.length - length
  }
}
