import { addressText, BITS, type IpAddress, type IpFamily, parseAddress } from './ip-address.ts'

/** What is before is for those who name their address (KEP-3070): min(max(16, size/16), 256), none in tiny ranges. */
function staticPart(size: bigint): bigint {
  if (size <= 16n) return 0n
  const part = size / 16n
  if (part < 16n) return 16n
  return part > 256n ? 256n : part
}

/**
 * The addresses of a CIDR that Services can have: all but the network's own and, in IPv4, the broadcast address.
 * Upstream: ipallocator.Allocator.
 */
export class AddressRange {
  readonly cidr: string
  readonly family: IpFamily
  readonly #base: bigint
  readonly #first: bigint
  /** One beyond the last. */
  readonly #end: bigint
  readonly #dynamic: bigint

  private constructor(cidr: string, base: IpAddress, size: bigint) {
    this.cidr = cidr
    this.family = base.family
    this.#base = base.value - (base.value % size)
    this.#first = this.#base + 1n
    const usable = size - (base.family === 'IPv4' ? 2n : 1n)
    this.#end = this.#first + (usable > 0n ? usable : 0n)
    const dynamic = this.#first + staticPart(size)
    this.#dynamic = dynamic < this.#end ? dynamic : this.#end
  }

  /** Undefined for what is no CIDR. */
  static parse(cidr: string): AddressRange | undefined {
    const [text = '', bits = ''] = cidr.split('/')
    const base = parseAddress(text)
    const prefix = Number(bits)
    if (!base || bits === '' || !(prefix >= 0 && prefix <= BITS[base.family])) return undefined
    return new AddressRange(cidr, base, 1n << BigInt(BITS[base.family] - prefix))
  }

  contains({ family, value }: IpAddress): boolean {
    return family === this.family && value >= this.#first && value < this.#end
  }

  /** Whether every address of the other is one of this. */
  covers(other: AddressRange): boolean {
    return other.family === this.family && other.#base >= this.#base && other.#end <= this.#end
  }

  overlaps(other: AddressRange): boolean {
    return other.family === this.family && other.#base < this.#end && this.#base < other.#end
  }

  /**
   * Every address once, in the order in which they are given out: the dynamic part from a random place around, then the
   * part for those who name theirs. `random` gives numbers from 0 to below 1.
   */
  *candidates(random: () => number): Generator<string, void, void> {
    yield* this.#around(this.#dynamic, this.#end, random)
    yield* this.#around(this.#first, this.#dynamic, random)
  }

  *#around(first: bigint, end: bigint, random: () => number): Generator<string, void, void> {
    const size = end - first
    if (size === 0n) return
    const start = randomBelow(size, random)
    for (let step = 0n; step < size; step++) {
      yield addressText({ family: this.family, value: first + ((start + step) % size) })
    }
  }
}

const CHUNK = 2 ** 32

function randomBelow(size: bigint, random: () => number): bigint {
  let value = 0n
  for (let span = 1n; span < size; span *= BigInt(CHUNK))
    value = value * BigInt(CHUNK) + BigInt(Math.floor(random() * CHUNK))
  return value % size
}
