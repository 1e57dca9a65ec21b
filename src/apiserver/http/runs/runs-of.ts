import type { CachedObject } from '../../watch-cache/watch-cache.ts'

/** How large runs are. */
export interface RunSize {
  /** Of so many objects, about, one ends a run. */
  readonly objects: number
  readonly maxBytes: number
  /** A list of no more bytes is one run. */
  readonly wholeBytes?: number
}

/** Runs end early when they have so many times the usual number of objects. */
const MAX_TIMES = 4
/** The cuts of larger lists are not remembered. */
const MAX_OBJECTS = 8_192

/** Objects that follow each other in a list; never none. */
export type Run = readonly CachedObject[]

/** Cuts lists into runs of one size, once for each list. */
export class RunCutter {
  readonly #size: RunSize
  readonly #known = new WeakMap<readonly CachedObject[], readonly Run[]>()

  constructor(size: RunSize) {
    this.#size = size
  }

  /** The same runs for the same array, unless it is very long. */
  runsOf(items: readonly CachedObject[]): Iterable<Run> {
    if (items.length > MAX_OBJECTS) return cut(items, this.#size)
    let runs = this.#known.get(items)
    if (!runs) {
      runs = isWhole(items, this.#size) ? [items] : [...cut(items, this.#size)]
      this.#known.set(items, runs)
    }
    return runs
  }
}

function isWhole(items: readonly CachedObject[], { wholeBytes = 0 }: RunSize): boolean {
  let bytes = 0
  for (let index = 0; index < items.length && bytes <= wholeBytes; index++) bytes += items[index]?.size ?? 0
  return items.length > 0 && bytes <= wholeBytes
}

/** Which object ends a run depends on the object, not on its place: after a change most runs are those of before. */
function* cut(items: readonly CachedObject[], { objects, maxBytes }: RunSize): Generator<Run> {
  let start = 0
  let bytes = 0
  for (let index = 0; index < items.length; index++) {
    const { revision, size } = items[index] as CachedObject
    bytes += size
    const isEnd = revision % objects === 0 || index - start >= objects * MAX_TIMES || bytes >= maxBytes
    if (!isEnd && index < items.length - 1) continue
    yield items.slice(start, index + 1)
    start = index + 1
    bytes = 0
  }
}
