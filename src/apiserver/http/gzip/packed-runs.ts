import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'
import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import { KeptRuns } from '../runs/kept-runs.ts'
import { type Run, RunCutter } from '../runs/runs-of.ts'
import { shiftOf } from './crc32-append.ts'

const compress = promisify(deflateRaw)
/** Upstream's level of compression; a run ends at a byte and refers to nothing before it. */
const OPTIONS = { level: 1, finishFlush: constants.Z_SYNC_FLUSH }
/** What compressed runs may take together. */
const MAX_BYTES = 16 * 1024 * 1024

/** One run is compressed at once, and again when one of its objects changes. */
const cutter = new RunCutter({ objects: 128, maxBytes: 256 * 1024 })

/** A run, compressed. */
export interface PackedRun {
  readonly deflated: Uint8Array
  /** Of the text: its checksum, and what appending it does to that of the text before. */
  readonly crc: number
  readonly shift: number
  readonly length: number
}

/** What some items in a row are in a list, with separators between them. */
export type TextOfRun = (run: Run) => Uint8Array

/** Compressed runs of lists in one format, kept while they are asked for, up to a number of bytes. */
export class PackedRuns {
  readonly #kept: KeptRuns<PackedRun>

  constructor(maxBytes = MAX_BYTES) {
    this.#kept = new KeptRuns(maxBytes)
  }

  /** The runs of a list, one after the other; `textOf` makes the text of those that are not known. */
  async *packed(items: readonly CachedObject[], textOf: TextOfRun): AsyncGenerator<PackedRun> {
    for (const run of cutter.runsOf(items)) yield this.#kept.get(run) ?? (await this.#pack(run, textOf(run)))
  }

  /** In the thread pool. */
  async #pack(run: Run, text: Uint8Array): Promise<PackedRun> {
    const deflated = await compress(text, OPTIONS)
    const packed = { deflated, crc: crc32(text), shift: shiftOf(text.length), length: text.length }
    this.#kept.set(run, packed, deflated.length)
    return packed
  }
}
