import { itemsLength, itemsText, type ListText, lengthAround, listChunks } from '../watch-cache/list-chunks.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { nextTurn, turnIsLong } from '../yielding.ts'
import type { PiecewiseBody } from './piecewise-body.ts'
import { MAX_KEPT_LIST_BYTES, MAX_KEPT_LIST_OBJECTS, TextRuns } from './runs/text-runs.ts'

const texts = new TextRuns()

/**
 * A list as JSON: what of it has been asked for lately is there already, large lists are put together as they go out. Its
 * length is said: HTTP/1.1 has chunks of its own otherwise, for which Node.js copies every piece.
 */
export async function jsonList(items: readonly CachedObject[], text: ListText): Promise<PiecewiseBody> {
  const itemBytes = await lengthOf(items, text)
  const isKept = items.length <= MAX_KEPT_LIST_OBJECTS && itemBytes <= MAX_KEPT_LIST_BYTES
  const pieces = () => (isKept ? keptPieces(items, text) : listChunks(items, text))
  return { length: lengthAround(text, itemBytes), staysAsIs: isKept, pieces }
}

/** A small list in one piece, of which nothing is kept. */
export function smallJsonList(items: readonly CachedObject[], { head, tail, withoutTypes }: ListText): Uint8Array {
  return Buffer.concat([Buffer.from(head), itemsText(items, withoutTypes).subarray(1), Buffer.from(tail)])
}

function* keptPieces(items: readonly CachedObject[], { head, tail, withoutTypes }: ListText): Generator<Uint8Array> {
  yield Buffer.from(head)
  let isFirst = true
  for (const run of texts.runsOf(items)) {
    const text = texts.text(run, () => itemsText(run, withoutTypes))
    yield isFirst ? text.subarray(1) : text
    isFirst = false
  }
  yield Buffer.from(tail)
}

async function lengthOf(items: readonly CachedObject[], { withoutTypes }: ListText): Promise<number> {
  let length = 0
  for (const run of texts.runsOf(items)) {
    length += texts.length(run, () => itemsLength(run, withoutTypes))
    if (turnIsLong()) await nextTurn()
  }
  return length
}
