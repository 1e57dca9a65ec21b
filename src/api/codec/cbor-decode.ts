import {
  BREAK,
  DOUBLE,
  FALSE,
  HALF,
  INDEFINITE,
  LaterEncoding,
  MAJOR_NAMES,
  Major,
  NULL,
  SINGLE,
  TRUE,
} from './cbor-head.ts'
import { DecodeError } from './decode-error.ts'
import { MAX_DEPTH } from './json-scanner.ts'

/**
 * Decodes one item of CBOR to the value that its JSON would be (apimachinery runtime/serializer/cbor): byte and text strings
 * are texts, byte strings under an expected-encoding tag are in that encoding, tags otherwise do not matter. What JSON has no
 * form for is refused, as are members given twice. Throws DecodeError with the words of upstream's library.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new CborReader(bytes)
  const value = reader.item(0)
  reader.end()
  return value
}

const BIGNUMS: ReadonlySet<number> = new Set([2, 3])
const TIME_TEXT = 0
const TIME_NUMBER = 1
const INT64_MAX = 2n ** 63n - 1n

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

class CborReader {
  readonly #bytes: Buffer
  #at = 0
  /** Of the head that was read last. */
  #major: Major = Major.Unsigned
  #info = 0
  #argument: number | bigint = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  end(): void {
    const rest = this.#bytes.length - this.#at
    if (rest > 0) throw new DecodeError(`cbor: ${rest} bytes of extraneous data starting at index ${this.#at}`)
  }

  item(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new DecodeError(`cbor: exceeded max nested level ${MAX_DEPTH}`)
    this.#head()
    switch (this.#major) {
      case Major.Unsigned:
        return this.#integer()
      case Major.Negative:
        return this.#integer()
      case Major.Bytes:
        return this.#string(Major.Bytes).toString('utf8')
      case Major.Text:
        return this.#text()
      case Major.Array:
        return this.#array(depth)
      case Major.Map:
        return this.#map(depth)
      case Major.Tag:
        return this.#tagged(depth)
      case Major.Simple:
        return this.#simple()
    }
  }

  #head(): void {
    const first = this.#byte()
    this.#major = (first >>> 5) as Major
    this.#info = first & 0x1f
    if (this.#info < 24 || this.#info === INDEFINITE) {
      this.#argument = this.#info
      if (this.#info === INDEFINITE) this.#checkIndefinite(first)
      return
    }
    if (this.#info > 27) throw this.#invalidInfo()
    const size = 1 << (this.#info - 24)
    const start = this.#need(size)
    this.#argument = size === 8 ? this.#wide(start) : this.#bytes.readUIntBE(start, size)
    this.#at += size
  }

  /** A number where it is one exactly. */
  #wide(start: number): number | bigint {
    const value = this.#bytes.readBigUInt64BE(start)
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  }

  #checkIndefinite(first: number): void {
    if (first === BREAK) throw new DecodeError('cbor: unexpected "break" code')
    const hasLength = this.#major >= Major.Bytes && this.#major <= Major.Map
    if (!hasLength) throw this.#invalidInfo()
  }

  #invalidInfo(): DecodeError {
    return new DecodeError(`cbor: invalid additional information ${this.#info} for type ${MAJOR_NAMES[this.#major]}`)
  }

  #integer(): number {
    const argument = this.#argument
    const isNegative = this.#major === Major.Negative
    if (typeof argument === 'number') return isNegative ? -1 - argument : argument
    const value = isNegative ? -1n - argument : argument
    if (argument <= INT64_MAX) return Number(value)
    const type = MAJOR_NAMES[this.#major]
    throw new DecodeError(`cbor: cannot unmarshal ${type} into Go value of type int64 (${value} overflows Go's int64)`)
  }

  /** A byte or text string, whose head has been read; in pieces of the same type where its length was not known. */
  #string(major: Major): Buffer {
    if (this.#info !== INDEFINITE) return this.#piece()
    const pieces: Buffer[] = []
    while (!this.#isBreak()) {
      this.#head()
      if (this.#major !== major || this.#info === INDEFINITE) {
        const [given, wanted] = [MAJOR_NAMES[this.#major], MAJOR_NAMES[major]]
        throw new DecodeError(`cbor: wrong element type ${given} for indefinite-length ${wanted}`)
      }
      pieces.push(this.#piece())
    }
    return Buffer.concat(pieces)
  }

  #piece(): Buffer {
    const start = this.#need(this.#count())
    this.#at += this.#count()
    return this.#bytes.subarray(start, this.#at)
  }

  #text(): string {
    const bytes = this.#string(Major.Text)
    try {
      return utf8.decode(bytes)
    } catch (error) {
      throw new DecodeError('cbor: invalid UTF-8 string', error)
    }
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = []
    const isOpen = this.#info === INDEFINITE
    const count = isOpen ? Infinity : this.#atLeast(this.#count())
    for (let index = 0; index < count; index++) {
      if (isOpen && this.#isBreak()) break
      items.push(this.item(depth + 1))
    }
    return items
  }

  #map(depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {}
    const isOpen = this.#info === INDEFINITE
    const count = isOpen ? Infinity : this.#atLeast(this.#count())
    for (let index = 0; index < count; index++) {
      if (isOpen && this.#isBreak()) break
      const key = this.#key()
      if (Object.hasOwn(map, key)) {
        throw new DecodeError(`cbor: found duplicate map key ${JSON.stringify(key)} at map element index ${index}`)
      }
      setOwn(map, key, this.item(depth + 1))
    }
    return map
  }

  #key(): string {
    this.#head()
    if (this.#major === Major.Text) return this.#text()
    if (this.#major === Major.Bytes) return this.#string(Major.Bytes).toString('utf8')
    throw new DecodeError(`cbor: cannot unmarshal ${MAJOR_NAMES[this.#major]} into Go value of type string`)
  }

  #tagged(depth: number): unknown {
    const tag = Number(this.#argument)
    if (BIGNUMS.has(tag)) throw notAccepted('bignum')
    const encoding = LaterEncoding.get(tag)
    const isBytes = (this.#bytes[this.#at] ?? 0) >>> 5 === Major.Bytes
    if (encoding && isBytes) {
      this.#head()
      return this.#string(Major.Bytes).toString(encoding)
    }
    const content = this.item(depth + 1)
    if (tag === TIME_TEXT) return timeOf(content, 'string')
    return tag === TIME_NUMBER ? timeOf(content, 'number') : content
  }

  #simple(): unknown {
    switch ((Major.Simple << 5) | this.#info) {
      case FALSE:
        return false
      case TRUE:
        return true
      case NULL:
        return null
      case HALF:
        return finite(halfValue(Number(this.#argument)))
      case SINGLE:
        return finite(this.#bytes.readFloatBE(this.#at - 4))
      case DOUBLE:
        return finite(this.#bytes.readDoubleBE(this.#at - 8))
      default:
        throw notAccepted(`simple value ${this.#argument} is not recognized`)
    }
  }

  #isBreak(): boolean {
    if (this.#bytes[this.#need(1)] !== BREAK) return false
    this.#at++
    return true
  }

  #count(): number {
    return Number(this.#argument)
  }

  /** Items take a byte each at least: a number that cannot be is not believed. */
  #atLeast(count: number): number {
    this.#need(count)
    return count
  }

  #byte(): number {
    const byte = this.#bytes[this.#need(1)] as number
    this.#at++
    return byte
  }

  /** Where the next `length` bytes begin. */
  #need(length: number): number {
    if (length > this.#bytes.length - this.#at)
      throw new DecodeError(this.#bytes.length === 0 ? 'EOF' : 'unexpected EOF')
    return this.#at
  }
}

const notAccepted = (what: string): DecodeError =>
  new DecodeError(`cbor: data item of cbor type primitives is not accepted by protocol: ${what}`)

function finite(value: number): number {
  if (Number.isNaN(value)) throw notAccepted('floating-point NaN')
  if (!Number.isFinite(value)) throw notAccepted('floating-point infinity')
  return value
}

/** Half precision (binary16): one bit of sign, five of exponent, ten of mantissa. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

const MAX_MS = 8.64e15

/** Times under their tags, as the text that JSON has for them (RFC 3339). */
function timeOf(content: unknown, type: 'string' | 'number'): string {
  const ms = typeof content === 'number' ? content * 1000 : Date.parse(String(content))
  if (typeof content !== type || Number.isNaN(ms) || Math.abs(ms) > MAX_MS) {
    throw new DecodeError(`cbor: cannot set ${JSON.stringify(content)} for time.Time`)
  }
  return type === 'string' ? (content as string) : new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')
}

/** `__proto__` is a key like any other. */
function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') map[key] = value
  else Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true })
}
