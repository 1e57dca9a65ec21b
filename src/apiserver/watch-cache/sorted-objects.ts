import { yieldEvery } from '../yielding.ts'
import type { CachedObject } from './watch-cache.ts'

/** Split beyond this: a write copies one chunk when a snapshot has it. */
const CHUNK_OBJECTS = 256

/** Of a snapshot, that are remembered. */
const MAX_LISTS = 16

interface Chunk {
  /** Sorted by key, never empty. */
  readonly items: CachedObject[]
  /** Only the map of this age changes the chunk in place; a snapshot makes the map older. */
  readonly age: number
}

/**
 * Objects in key order, in chunks. A snapshot shares the chunks and costs nothing; what is written afterwards copies the
 * chunk it touches, once.
 */
export class SortedObjects {
  /** In order; each holds keys below those of the next. */
  #chunks: Chunk[]
  #size: number
  #age = 0
  /** `#chunks` itself, the array, is a snapshot's too. */
  #isShared = false

  /** Starts with the contents of a snapshot. */
  constructor(snapshot?: SortedSnapshot) {
    this.#chunks = snapshot ? [...snapshot.chunks.map((chunk) => ({ ...chunk, age: -1 }))] : []
    this.#size = snapshot?.size ?? 0
  }

  get size(): number {
    return this.#size
  }

  get(key: string): CachedObject | undefined {
    const chunk = this.#chunks[chunkOf(this.#chunks, key)]
    const item = chunk?.items[firstNotBefore(chunk.items, key)]
    return item?.key === key ? item : undefined
  }

  /** Gives what was there under the key. */
  set(object: CachedObject): CachedObject | undefined {
    const index = chunkOf(this.#chunks, object.key)
    const { items } = this.#writable(index)
    const position = firstNotBefore(items, object.key)
    const known = items[position]
    if (known?.key === object.key) {
      items[position] = object
      return known
    }
    items.splice(position, 0, object)
    this.#size++
    if (items.length > CHUNK_OBJECTS) this.#split(index)
    return undefined
  }

  /** Gives what was there. */
  delete(key: string): CachedObject | undefined {
    const index = chunkOf(this.#chunks, key)
    const present = this.#chunks[index]?.items ?? []
    const position = firstNotBefore(present, key)
    const known = present[position]
    if (known?.key !== key) return undefined
    const { items } = this.#writable(index)
    items.splice(position, 1)
    this.#size--
    if (items.length === 0) this.#chunks.splice(index, 1)
    return known
  }

  snapshot(): SortedSnapshot {
    this.#age++
    this.#isShared = true
    return new SortedSnapshot(this.#chunks, this.#size)
  }

  #writable(index: number): Chunk {
    if (this.#isShared) this.#chunks = this.#chunks.slice()
    this.#isShared = false
    const chunk = this.#chunks[index]
    if (chunk?.age === this.#age) return chunk
    const own = { items: chunk ? chunk.items.slice() : [], age: this.#age }
    this.#chunks[index] = own
    return own
  }

  #split(index: number): void {
    const { items } = this.#chunks[index]!
    const isLast = index === this.#chunks.length - 1
    // Keys often arrive in order: a full last chunk stays full.
    const upper = items.splice(isLast ? items.length - 1 : items.length >>> 1)
    this.#chunks.splice(index + 1, 0, { items: upper, age: this.#age })
  }
}

/** The objects as they were; nothing changes it. */
export class SortedSnapshot {
  readonly chunks: readonly Chunk[]
  readonly size: number
  /** By range. */
  readonly #lists = new Map<string, Promise<readonly CachedObject[]>>()

  constructor(chunks: readonly Chunk[], size: number) {
    this.chunks = chunks
    this.size = size
  }

  /** Objects with keys from `from` on and below `to`, in order. */
  *between(from: string, to: string): Generator<CachedObject> {
    for (let index = chunkOf(this.chunks, from); index < this.chunks.length; index++) {
      const { items } = this.chunks[index]!
      const start = items[0]!.key < from ? firstNotBefore(items, from) : 0
      for (let position = start; position < items.length; position++) {
        const item = items[position]!
        if (item.key >= to) return
        yield item
      }
    }
  }

  /** What `between` gives; of a range that was asked for before, the same array. */
  list(from: string, to: string): Promise<readonly CachedObject[]> {
    const range = `${from}\0${to}`
    let list = this.#lists.get(range)
    if (list) return list
    list = collected(this.between(from, to))
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear()
    this.#lists.set(range, list)
    return list
  }

  /** How many objects `between` gives, without a look at each. */
  count(from: string, to: string): number {
    return Math.max(0, this.#before(to) - this.#before(from))
  }

  #before(key: string): number {
    const last = chunkOf(this.chunks, key)
    let count = 0
    for (let index = 0; index < last; index++) count += this.chunks[index]!.items.length
    const chunk = this.chunks[last]
    return chunk ? count + firstNotBefore(chunk.items, key) : count
  }
}

async function collected(objects: Iterable<CachedObject>): Promise<CachedObject[]> {
  const list: CachedObject[] = []
  const pause = yieldEvery()
  for (const object of objects) {
    list.push(object)
    if (pause.due()) await pause.now()
  }
  return list
}

/** The chunk that has the key or would take it: the last that does not begin after it, else the first. */
function chunkOf(chunks: readonly Chunk[], key: string): number {
  let low = 0
  let high = chunks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (chunks[middle]!.items[0]!.key <= key) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

function firstNotBefore(items: readonly CachedObject[], key: string): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (items[middle]!.key < key) low = middle + 1
    else high = middle
  }
  return low
}
