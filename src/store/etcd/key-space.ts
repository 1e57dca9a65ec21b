/**
 * Where the store's keys lie in etcd: what begins with `from` here begins with `to` there. The API server's
 * `--etcd-prefix` changes `to`.
 */
export class KeySpace {
  readonly #from: string
  readonly #to: string

  constructor({ from = '/registry/', to = '/registry/' }: { readonly from?: string; readonly to?: string } = {}) {
    this.#from = from
    this.#to = to
  }

  /** All keys of the store, in etcd's form. */
  root(): { key: Buffer; rangeEnd: Buffer } {
    return prefixRange(Buffer.from(this.#to))
  }

  /** Throws a RangeError for a key outside. */
  toEtcd(key: string): Buffer {
    if (this.#from === this.#to && key.startsWith(this.#from)) return Buffer.from(key)
    if (!key.startsWith(this.#from)) throw new RangeError(`the key ${key} is not below ${this.#from}`)
    return Buffer.from(this.#to + key.slice(this.#from.length))
  }

  fromEtcd(key: Buffer): string {
    const text = key.toString('utf8')
    return this.#from === this.#to ? text : this.#from + text.slice(this.#to.length)
  }

  /** The keys that begin with `prefix`, from `start` on. A prefix above the root means the root. */
  range(prefix: string, start: string): { key: Buffer; rangeEnd: Buffer } {
    if (this.#from.startsWith(prefix)) {
      const { key, rangeEnd } = this.root()
      return { key: start > this.#from ? this.toEtcd(start) : key, rangeEnd }
    }
    return { key: this.toEtcd(start > prefix ? start : prefix), rangeEnd: prefixRange(this.toEtcd(prefix)).rangeEnd }
  }
}

/** From the prefix to the first key after all that begin with it (etcd v3 API, range_end). */
function prefixRange(key: Buffer): { key: Buffer; rangeEnd: Buffer } {
  const end = Buffer.from(key)
  let last = end.length - 1
  while (last >= 0 && end[last] === 0xff) last--
  if (last < 0) return { key, rangeEnd: Buffer.from([0]) } // everything from the key on
  end[last]!++
  return { key, rangeEnd: end.subarray(0, last + 1) }
}
