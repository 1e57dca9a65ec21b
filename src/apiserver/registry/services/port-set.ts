/** Ports from the first to the last, both included. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

export const rangeText = ({ first, last }: PortRange): string => `${first}-${last}`

/** What is before is for those who name their port (KEP-3668): min(max(16, size/32), 128), none in tiny ranges. */
function staticPart(size: number): number {
  if (size <= 16) return 0
  return Math.min(Math.max(16, Math.floor(size / 32)), 128)
}

/** Which ports of a range are taken. As a number, bit n says whether `first + n` is: as upstream stores it. */
export class PortSet {
  readonly #range: PortRange
  readonly #size: number
  #bits: bigint

  constructor(range: PortRange, bits = 0n) {
    this.#range = range
    this.#size = range.last - range.first + 1
    this.#bits = bits
  }

  /** From the big-endian bytes of the number. */
  static fromBytes(range: PortRange, bytes: Uint8Array): PortSet {
    return new PortSet(range, bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
  }

  toBytes(): Buffer {
    if (this.#bits === 0n) return Buffer.alloc(0)
    const hex = this.#bits.toString(16)
    return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  }

  includes(port: number): boolean {
    return port >= this.#range.first && port <= this.#range.last
  }

  has(port: number): boolean {
    return this.includes(port) && ((this.#bits >> BigInt(port - this.#range.first)) & 1n) === 1n
  }

  /** Takes this port. Gives why it cannot, in upstream's words, or undefined when it has. */
  take(port: number): string | undefined {
    if (!this.includes(port)) {
      return `provided port is not in the valid range. The range of valid ports is ${rangeText(this.#range)}`
    }
    if (this.has(port)) return 'provided port is already allocated'
    this.#bits |= this.#bit(port)
    return undefined
  }

  /** Takes any free port, from the dynamic part as long as there is one there; undefined when all are taken. */
  takeAny(random: () => number): number | undefined {
    const { first, last } = this.#range
    const dynamic = first + staticPart(this.#size)
    const port = this.#freeAround(dynamic, last + 1, random) ?? this.#freeAround(first, dynamic, random)
    if (port !== undefined) this.#bits |= this.#bit(port)
    return port
  }

  release(port: number): void {
    if (this.has(port)) this.#bits ^= this.#bit(port)
  }

  *[Symbol.iterator](): Generator<number, void, void> {
    for (let port = this.#range.first; port <= this.#range.last; port++) if (this.has(port)) yield port
  }

  #freeAround(first: number, end: number, random: () => number): number | undefined {
    const size = end - first
    const start = Math.floor(random() * size)
    for (let step = 0; step < size; step++) {
      const port = first + ((start + step) % size)
      if (!this.has(port)) return port
    }
    return undefined
  }

  #bit(port: number): bigint {
    return 1n << BigInt(port - this.#range.first)
  }
}
