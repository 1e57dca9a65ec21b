import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** The file is no database of etcd, or damaged; `message` says where. */
export class BoltFileDamaged extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BoltFileDamaged'
  }
}

export interface BoltItem {
  readonly key: Buffer
  readonly value: Buffer
}

interface Page {
  readonly flags: number
  readonly count: number
  readonly bytes: Buffer
}

/** Layout of bbolt's pages (go.etcd.io/bbolt, page.go and db.go); numbers are little-endian. */
const PAGE_HEADER = 16
const ELEMENT = 16
const Flag = { Branch: 0x01, Leaf: 0x02, Meta: 0x04 } as const
const MAGIC = 0xed0cdaed
const VERSION = 2
/** Of what the checksum of a meta page covers. */
const META_BYTES = 56
/** Deeper than any tree of 64-bit page numbers. */
const MAX_DEPTH = 64

/** Reads the file in which etcd keeps its data (bbolt, format version 2), bucket by bucket, a page at a time. */
export class BoltFile implements Disposable {
  readonly #file: number
  readonly #size: number
  readonly #pageSize: number
  readonly #root: number

  /** Throws BoltFileDamaged. */
  constructor(path: string) {
    this.#file = openSync(path, 'r')
    try {
      this.#size = fstatSync(this.#file).size
      const meta = this.#newestMeta()
      this.#pageSize = meta.readUInt32LE(8)
      this.#root = Number(meta.readBigUInt64LE(16))
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
  }

  /** What is in a bucket at the top, in order of the keys; nothing when there is no such bucket. */
  *bucket(name: string): Generator<BoltItem> {
    const top = this.#topOf(name)
    if (top) yield* this.#walk(top, 0)
  }

  /** The last item of a bucket, found without reading the others. */
  last(bucket: string): BoltItem | undefined {
    let page = this.#topOf(bucket)
    for (let depth = 0; page && page.flags & Flag.Branch && depth < MAX_DEPTH; depth++) {
      page = this.#page(childAt(page, page.count - 1))
    }
    return page && [...leafItems(page)].at(-1)
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }

  #topOf(bucket: string): Page | undefined {
    for (const { key, value } of this.#walk(this.#page(this.#root), 0)) {
      if (key.toString() !== bucket) continue
      const root = Number(value.readBigUInt64LE(0))
      return root === 0 ? pageIn(value.subarray(16)) : this.#page(root) // a small bucket lies in its item
    }
    return undefined
  }

  /** Two meta pages take turns; the one of the newest transaction that is whole counts. */
  #newestMeta(): Buffer {
    const first = this.#metaAt(0)
    const pageSizes = first ? [first.readUInt32LE(8)] : [4096, 8192, 16_384, 65_536]
    const metas = [first, ...pageSizes.map((size) => this.#metaAt(size))].filter((meta) => meta !== undefined)
    const [newest] = metas.sort((a, b) => Number(b.readBigUInt64LE(48) - a.readBigUInt64LE(48)))
    if (!newest) throw new BoltFileDamaged('it is no database of etcd, or its first pages are damaged')
    return newest
  }

  #metaAt(offset: number): Buffer | undefined {
    if (offset + PAGE_HEADER + META_BYTES + 8 > this.#size) return undefined
    const meta = this.#read(offset + PAGE_HEADER, META_BYTES + 8)
    const isMeta = meta.readUInt32LE(0) === MAGIC && meta.readUInt32LE(4) === VERSION
    return isMeta && meta.readBigUInt64LE(META_BYTES) === fnv1a(meta.subarray(0, META_BYTES)) ? meta : undefined
  }

  *#walk(page: Page, depth: number): Generator<BoltItem> {
    if (depth > MAX_DEPTH) throw new BoltFileDamaged('its pages go round in a circle')
    if (page.flags & Flag.Leaf) yield* leafItems(page)
    else if (page.flags & Flag.Branch) {
      for (let index = 0; index < page.count; index++) {
        yield* this.#walk(this.#page(childAt(page, index)), depth + 1)
      }
    } else throw new BoltFileDamaged(`a page has the unknown flags ${page.flags}`)
  }

  #page(number: number): Page {
    const offset = number * this.#pageSize
    const head = this.#read(offset, PAGE_HEADER)
    if (Number(head.readBigUInt64LE(0)) !== number) throw new BoltFileDamaged(`page ${number} is damaged`)
    return pageIn(this.#read(offset, (1 + head.readUInt32LE(12)) * this.#pageSize))
  }

  #read(offset: number, length: number): Buffer {
    if (offset + length > this.#size) throw new BoltFileDamaged('it ends too early')
    const bytes = Buffer.allocUnsafeSlow(length)
    let done = 0
    while (done < length) done += readSync(this.#file, bytes, done, length - done, offset + done)
    return bytes
  }
}

function pageIn(bytes: Buffer): Page {
  return { flags: bytes.readUInt16LE(8), count: bytes.readUInt16LE(10), bytes }
}

function childAt({ bytes }: Page, index: number): number {
  return Number(bytes.readBigUInt64LE(PAGE_HEADER + index * ELEMENT + 8))
}

function* leafItems({ count, bytes }: Page): Generator<BoltItem> {
  for (let index = 0; index < count; index++) {
    const at = PAGE_HEADER + index * ELEMENT
    const start = at + bytes.readUInt32LE(at + 4)
    const middle = start + bytes.readUInt32LE(at + 8)
    const end = middle + bytes.readUInt32LE(at + 12)
    if (end > bytes.length) throw new BoltFileDamaged('an element lies beyond its page')
    yield { key: bytes.subarray(start, middle), value: bytes.subarray(middle, end) }
  }
}

/** FNV-1a of 64 bits. */
function fnv1a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}
