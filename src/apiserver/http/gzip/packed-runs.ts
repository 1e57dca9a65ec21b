import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'
import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import { shiftOf } from './crc32-append.ts'

const compress = promisify(deflateRaw)
/** Upstream's level of compression; a run ends at a byte and refers to nothing before it. */
const OPTIONS = { level: 1, finishFlush: constants.Z_SYNC_FLUSH }
/** What compressed runs may take together. */
const MAX_BYTES = 16 * 1024 * 1024
const MAX_RUN_OBJECTS = 512
const MAX_RUN_BYTES = 256 * 1024
/** Of so many objects, about, one ends a run. */
const RUN_OBJECTS = 128

/** Objects that follow each other in a list, compressed. */
export interface PackedRun {
  readonly items: readonly CachedObject[]
  readonly deflated: Uint8Array
  /** Of the text: its checksum, and what appending it does to that of the text before. */
  readonly crc: number
  readonly shift: number
  readonly length: number
}

/** What some items in a row are in a list, with separators between them. */
export type TextOfRun = (items: readonly CachedObject[]) => Uint8Array

/**
 * Cuts a list into runs. Which object ends one depends on the object, not on its place: after a change most runs are those
 * of before.
 */
export function* runsOf(items: readonly CachedObject[]): Generator<readonly CachedObject[]> {
  let start = 0
  let bytes = 0
  for (let index = 0; index < items.length; index++) {
    const { revision, size } = items[index] as CachedObject
    bytes += size
    const isEnd = revision % RUN_OBJECTS === 0 || index - start >= MAX_RUN_OBJECTS || bytes >= MAX_RUN_BYTES
    if (!isEnd && index < items.length - 1) continue
    yield items.slice(start, index + 1)
    start = index + 1
    bytes = 0
  }
}

/**
 * Compressed runs of lists in one format, kept while they are asked for, up to a number of bytes. In two generations, as
 * other encodings (encoded-objects.ts).
 */
export class PackedRuns {
  /** By the first object of the run. */
  #young = new Map<CachedObject, PackedRun>()
  #old = new Map<CachedObject, PackedRun>()
  #youngBytes = 0
  readonly #maxBytes: number

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes
  }

  /** The runs of a list, one after the other; `textOf` makes the text of those that are not known. */
  async *packed(items: readonly CachedObject[], textOf: TextOfRun): AsyncGenerator<PackedRun> {
    for (const run of runsOf(items)) yield await this.#packed(run, textOf)
  }

  /** In the thread pool, unless it is known. */
  async #packed(items: readonly CachedObject[], textOf: TextOfRun): Promise<PackedRun> {
    const known = this.#find(items)
    if (known) return known
    const text = textOf(items)
    const deflated = await compress(text, OPTIONS)
    const run = { items, deflated, crc: crc32(text), shift: shiftOf(text.length), length: text.length }
    this.#keep(run)
    return run
  }

  #find(items: readonly CachedObject[]): PackedRun | undefined {
    const first = items[0] as CachedObject
    const young = this.#young.get(first)
    if (young && isSame(young.items, items)) return young
    const old = this.#old.get(first)
    if (!old || !isSame(old.items, items)) return undefined
    this.#old.delete(first)
    this.#keep(old)
    return old
  }

  #keep(run: PackedRun): void {
    const cost = costOf(run)
    if (this.#youngBytes + cost > this.#maxBytes / 2) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngBytes = 0
    }
    const first = run.items[0] as CachedObject
    const replaced = this.#young.get(first)
    if (replaced) this.#youngBytes -= costOf(replaced)
    this.#young.set(first, run)
    this.#youngBytes += cost
  }
}

/** A run keeps its objects alive, of which most have not been replaced: they count with an eighth. */
const costOf = ({ deflated, length }: PackedRun): number => deflated.length + length / 8

function isSame(left: readonly CachedObject[], right: readonly CachedObject[]): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false
  return true
}
