/**
 * Divides an IPv4 cluster CIDR into node CIDRs of one size. `#owners` holds exactly the blocks in use; the lowest free one
 * is given out next, after the last one given, so that a block rests before it is used again.
 */
export class CidrAllocator {
  readonly #base: number
  readonly #nodeBits: number
  readonly #count: number
  readonly #owners = new Map<string, string>() // CIDR → node
  #next = 0

  /** `10.244.0.0/16` and 24: 256 blocks of 256 addresses. */
  constructor(clusterCidr: string, nodeBits: number) {
    const [address = '', bits = ''] = clusterCidr.split('/')
    this.#base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
    this.#nodeBits = nodeBits
    this.#count = 2 ** (nodeBits - Number(bits))
  }

  /** Notes that a node has a block. False when another one has it. */
  occupy(cidr: string, node: string): boolean {
    const owner = this.#owners.get(cidr)
    if (owner !== undefined && owner !== node) return false
    this.#owners.set(cidr, node)
    return true
  }

  /** A block for the node: the one it was given before, or a free one; undefined when all are in use. */
  allocate(node: string): string | undefined {
    for (const [cidr, owner] of this.#owners) if (owner === node) return cidr
    for (let tried = 0; tried < this.#count; tried++) {
      const cidr = this.#block((this.#next + tried) % this.#count)
      if (this.#owners.has(cidr)) continue
      this.#next = (this.#next + tried + 1) % this.#count
      this.#owners.set(cidr, node)
      return cidr
    }
    return undefined
  }

  /** Gives back what the node had. */
  release(node: string): void {
    for (const [cidr, owner] of this.#owners) if (owner === node) this.#owners.delete(cidr)
  }

  #block(index: number): string {
    const address = this.#base + index * 2 ** (32 - this.#nodeBits)
    return `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')}/${this.#nodeBits}`
  }
}
