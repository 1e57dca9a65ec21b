import { ErrorCode, Http2Error } from './http2-error.ts'
import { decodeHuffman } from './huffman.ts'
import { STATIC_TABLE } from './static-table.ts'

export type Field = readonly [name: string, value: string]

/** What SETTINGS_HEADER_TABLE_SIZE is as long as nobody changes it. */
const TABLE_BYTES = 4_096
/** What an entry of the table counts beyond its text (RFC 7541, 4.1). */
const ENTRY_BYTES = 32
/** What the fields of a block may count together, as entries of a table do: a byte of a block can stand for a whole entry. */
export const MAX_HEADER_LIST_BYTES = 64 * 1024
const MAX_NUMBER = 2 ** 28

/** Reads blocks of header fields (HPACK, RFC 7541) in the order in which they came on one connection. */
export class HeaderDecoder {
  /** The newest first; `#size` is what they count together, at most `#limit`. */
  readonly #dynamic: Field[] = []
  #size = 0
  #limit = TABLE_BYTES
  #block: Buffer = Buffer.alloc(0)
  #at = 0

  /**
   * The fields of a block in their order; undefined when they are too long together, which does no harm to later blocks. A
   * field that both sides remember is the same array each time. Throws Http2Error.
   */
  decode(block: Buffer): Field[] | undefined {
    this.#block = block
    this.#at = 0
    const fields: Field[] = []
    let bytes = 0
    while (this.#at < block.length) {
      const field = this.#field(block[this.#at]!)
      if (!field) continue
      bytes += sizeOf(field)
      if (bytes <= MAX_HEADER_LIST_BYTES) fields.push(field)
    }
    return bytes <= MAX_HEADER_LIST_BYTES ? fields : undefined
  }

  /** Undefined where the block changes the size of the table. */
  #field(kind: number): Field | undefined {
    if (kind & 0x80) return this.#entry(this.#number(7))
    if (kind & 0x40) return this.#remember(this.#literal(6))
    if (kind & 0x20) return this.#resize(this.#number(5))
    return this.#literal(4)
  }

  #entry(index: number): Field {
    const field = STATIC_TABLE[index - 1] ?? this.#dynamic[index - 1 - STATIC_TABLE.length]
    if (!field) throw invalid(`no header field has index ${index}`)
    return field
  }

  #literal(prefixBits: number): Field {
    const index = this.#number(prefixBits)
    return [index === 0 ? this.#text() : this.#entry(index)[0], this.#text()]
  }

  #remember(field: Field): Field {
    const size = sizeOf(field)
    this.#evict(this.#limit - size)
    if (size <= this.#limit) {
      this.#dynamic.unshift(field)
      this.#size += size
    }
    return field
  }

  #resize(limit: number): undefined {
    if (limit > TABLE_BYTES) throw invalid('the table of header fields is larger than was agreed on')
    this.#limit = limit
    this.#evict(limit)
  }

  /** Forgets the oldest entries until the others count at most `bytes`. */
  #evict(bytes: number): void {
    while (this.#size > bytes) {
      const oldest = this.#dynamic.pop()
      if (!oldest) return
      this.#size -= sizeOf(oldest)
    }
  }

  /** An integer whose first bits are the last `prefixBits` of a byte (RFC 7541, 5.1). */
  #number(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1
    let value = this.#byte() & mask
    if (value < mask) return value
    for (let factor = 1; factor < MAX_NUMBER; factor *= 128) {
      const byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw invalid('a number is too large')
  }

  #text(): string {
    const isCoded = (this.#block[this.#at] ?? 0) >= 0x80
    const length = this.#number(7)
    const end = this.#at + length
    if (end > this.#block.length) throw invalid('a header field goes beyond its block')
    const bytes = this.#block.subarray(this.#at, end)
    this.#at = end
    const text = isCoded ? decodeHuffman(bytes) : bytes.toString('latin1')
    if (text === undefined) throw invalid('a header field is not coded right')
    return text
  }

  #byte(): number {
    const byte = this.#block[this.#at++]
    if (byte === undefined) throw invalid('a block of header fields ends too early')
    return byte
  }
}

function sizeOf([name, value]: Field): number {
  return name.length + value.length + ENTRY_BYTES
}

function invalid(message: string): Http2Error {
  return new Http2Error(ErrorCode.CompressionError, message)
}
