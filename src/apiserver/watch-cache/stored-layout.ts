/*
 * The bytes under a key of the store: a little-endian uint32, then the object as JSON without metadata.resourceVersion.
 * The number is the offset in the JSON at which `"resourceVersion":"N",` belongs, in Go's field order: after uid, before
 * generation and creationTimestamp.
 */

/** Before the JSON of a stored value. */
export const OFFSET_BYTES = 4

/** Where the parts of an object's JSON lie in a buffer: `[begin, head)`, the revision if it is there, `[tail, length)`. */
export interface StoredLayout {
  readonly begin: number
  readonly head: number
  readonly tail: number
}

/** Reads the layout of a stored value; throws a RangeError for bytes that are none. */
export function layoutOf(value: Uint8Array): StoredLayout {
  if (value.length < OFFSET_BYTES) throw new RangeError('not a stored object: too short')
  const offset = value[0]! | (value[1]! << 8) | (value[2]! << 16) | (value[3]! << 24)
  const head = OFFSET_BYTES + offset
  if (offset <= 0 || head >= value.length) throw new RangeError('not a stored object: bad offset')
  return { begin: OFFSET_BYTES, head, tail: head }
}

/** The JSON with the revision in its place, and the layout of the result. One copy of the bytes. */
export function spliceRevision(
  bytes: Uint8Array,
  { begin, head, tail }: StoredLayout,
  revision: number,
): { json: Uint8Array; layout: StoredLayout } {
  const insertion = insertionFor(revision, bytes[head - 1]!, bytes[tail]!)
  const headBytes = head - begin
  const json = Buffer.allocUnsafeSlow(headBytes + insertion.length + bytes.length - tail)
  json.set(bytes.subarray(begin, head), 0)
  json.write(insertion, headBytes, 'latin1')
  json.set(bytes.subarray(tail), headBytes + insertion.length)
  return { json, layout: { begin: 0, head: headBytes, tail: headBytes + insertion.length } }
}

/** How long the JSON with the revision in it is. */
export function splicedLength(bytes: Uint8Array, { begin, head, tail }: StoredLayout, revision: number): number {
  return head - begin + insertionFor(revision, bytes[head - 1]!, bytes[tail]!).length + bytes.length - tail
}

/** Writes the JSON with the revision in its place into `target`, from its byte `from` on, which is not behind the revision. */
export function writeSpliced(
  target: Buffer,
  at: number,
  { bytes, layout, revision, from }: { bytes: Uint8Array; layout: StoredLayout; revision: number; from: number },
): void {
  const { begin, head, tail } = layout
  const insertion = insertionFor(revision, bytes[head - 1]!, bytes[tail]!)
  target.set(bytes.subarray(begin + from, head), at)
  const insertionAt = at + head - begin - from
  target.write(insertion, insertionAt, 'latin1')
  target.set(bytes.subarray(tail), insertionAt + insertion.length)
}

const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d

/** The comma goes where there is something to separate: after the revision, unless it is the last field. */
function insertionFor(revision: number, before: number, after: number): string {
  const field = `"resourceVersion":"${revision}"`
  if (after !== CLOSING_BRACE) return `${field},`
  return before === OPENING_BRACE ? field : `,${field}`
}
