import type { CachedObject } from '../../watch-cache/watch-cache.ts'

const MAX_RUN_OBJECTS = 512
const MAX_RUN_BYTES = 256 * 1024
/** Of so many objects, about, one ends a run. */
const RUN_OBJECTS = 128

/** Objects that follow each other in a list; never none. */
export type Run = readonly CachedObject[]

const known = new WeakMap<readonly CachedObject[], readonly Run[]>()

/** The cuts of larger lists are not remembered. */
const MAX_OBJECTS = 8_192

/**
 * Cuts a list into runs, once for each list. Which object ends one depends on the object, not on its place: after a change
 * most runs are those of before.
 */
export function runsOf(items: readonly CachedObject[]): Iterable<Run> {
  if (items.length > MAX_OBJECTS) return cut(items)
  let runs = known.get(items)
  if (!runs) {
    runs = [...cut(items)]
    known.set(items, runs)
  }
  return runs
}

function* cut(items: readonly CachedObject[]): Generator<Run> {
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
