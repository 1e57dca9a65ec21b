import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import { KeptRuns } from './kept-runs.ts'
import { type Run, RunCutter } from './runs-of.ts'

/** What the texts of runs may take together, in one format. */
const MAX_BYTES = 32 * 1024 * 1024
/** A list that has more of either would leave no room for others: it is put together each time. */
export const MAX_KEPT_LIST_BYTES = MAX_BYTES / 4
export const MAX_KEPT_LIST_OBJECTS = 8_192

/** One run goes out in one write: what a list of a few hundred objects is put together with, costs less than another. */
const cutter = new RunCutter({ objects: 256, maxBytes: 512 * 1024, wholeBytes: 768 * 1024 })

/** What runs are in the lists of one format, kept while they are asked for. */
export class TextRuns {
  readonly #kept = new KeptRuns<Uint8Array>(MAX_BYTES)
  readonly #lengths = new WeakMap<Run, number>()

  runsOf(items: readonly CachedObject[]): Iterable<Run> {
    return cutter.runsOf(items)
  }

  /** `make` is called for what is not there (any more). */
  text(run: Run, make: (run: Run) => Uint8Array): Uint8Array {
    const kept = this.#kept.get(run)
    if (kept) return kept
    const text = make(run)
    this.#kept.set(run, text, text.length)
    return text
  }

  /** How long the text is; `measure` is called where nobody has asked before. */
  length(run: Run, measure: (run: Run) => number): number {
    let length = this.#lengths.get(run)
    if (length === undefined) {
      length = this.#kept.get(run)?.length ?? measure(run)
      this.#lengths.set(run, length)
    }
    return length
  }
}
