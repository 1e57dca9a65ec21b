/** Hands out the addresses of a node's podCIDR (IPv4, at least a /30), the lowest free one first, as host-local does. */
export class PodAddresses {
  readonly #base: number
  readonly #size: number
  readonly #byPod = new Map<string, number>() // offset by pod uid; each at most once
  readonly #used = new Set<number>() // exactly the values of #byPod

  constructor(cidr: string) {
    const [address = '', bits = '24'] = cidr.split('/')
    this.#base = address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
    this.#size = 2 ** (32 - Number(bits))
  }

  /** The pod's address: the one it has, or the next free one; undefined when none is left. */
  take(uid: string): string | undefined {
    const known = this.#byPod.get(uid)
    if (known !== undefined) return this.#text(known)
    for (let offset = 2; offset < this.#size - 1; offset++) {
      if (!this.#used.has(offset)) return this.#reserve(uid, offset)
    }
    return undefined
  }

  /** Notes that a pod has an address already. */
  keep(uid: string, address: string): void {
    const offset = address.split('.').reduce((number, part) => number * 256 + Number(part), 0) - this.#base
    if (offset >= 0 && offset < this.#size) this.#reserve(uid, offset)
  }

  release(uid: string): void {
    const offset = this.#byPod.get(uid)
    if (offset === undefined) return
    this.#byPod.delete(uid)
    this.#used.delete(offset)
  }

  #reserve(uid: string, offset: number): string {
    this.#byPod.set(uid, offset)
    this.#used.add(offset)
    return this.#text(offset)
  }

  #text(offset: number): string {
    const address = this.#base + offset
    return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
  }
}
