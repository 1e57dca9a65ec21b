import { encodeMessage, envelope, written } from '../../api/codec/protobuf-encode.ts'
import { groupVersion, listKindOf, type ResourceDefinition } from '../../api/resource.ts'
import { chunked } from '../watch-cache/list-chunks.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { nextTurn, turnIsLong, yieldEvery } from '../yielding.ts'
import type { PiecewiseBody } from './piecewise-body.ts'
import { messageOf } from './protobuf-form.ts'
import type { Run } from './runs/runs-of.ts'
import { MAX_KEPT_LIST_BYTES, MAX_KEPT_LIST_OBJECTS, TextRuns } from './runs/text-runs.ts'

const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'
const TAG_1 = (1 << 3) | 2
const TAG_2 = (2 << 3) | 2

const texts = new TextRuns()

/** What encoded items of a list may take that is too large to be kept for others. */
const OWN_BYTES = 16 * 1024 * 1024

/**
 * A list as a body: {metadata = 1, items = 2}. How long it is stands at its beginning, so all items are encoded to be
 * measured. What of it has been asked for lately is there already. A large list keeps some of its items for itself; others
 * are encoded again when they go out, so that a list of any size takes little memory. Rejects with 406 where the kind has
 * no numbers.
 */
export function protobufList(
  definition: ResourceDefinition,
  items: readonly CachedObject[],
  metadata: object,
): Promise<PiecewiseBody> {
  const listing = { definition, items, metadata }
  const isKept = items.length <= MAX_KEPT_LIST_OBJECTS && sizeOf(items) <= MAX_KEPT_LIST_BYTES
  return isKept ? keptList(listing) : largeList(listing)
}

interface Listing {
  readonly definition: ResourceDefinition
  readonly items: readonly CachedObject[]
  readonly metadata: object
}

async function keptList({ definition, items, metadata }: Listing): Promise<PiecewiseBody> {
  const textOf = (run: Run) => texts.text(run, () => protobufItems(definition, run))
  let itemBytes = 0
  for (const run of texts.runsOf(items)) {
    itemBytes += texts.length(run, () => textOf(run).length)
    if (turnIsLong()) await nextTurn()
  }
  const [head, tail] = protobufListEnds(definition, metadata, itemBytes)
  return {
    length: head.length + itemBytes + tail.length,
    staysAsIs: true,
    *pieces() {
      yield head
      for (const run of texts.runsOf(items)) yield textOf(run)
      yield tail
    },
  }
}

async function largeList({ definition, items, metadata }: Listing): Promise<PiecewiseBody> {
  const pause = yieldEvery()
  const own: Uint8Array[] = []
  let itemBytes = 0
  for (const item of items) {
    const message = messageOf(definition, item)
    itemBytes += 1 + varintLength(message.length) + message.length
    if (itemBytes < OWN_BYTES) own.push(message)
    if (pause.due()) await pause.now()
  }
  const [head, tail] = protobufListEnds(definition, metadata, itemBytes)
  function* parts() {
    yield head
    for (let index = 0; index < items.length; index++) {
      const message = own[index] ?? messageOf(definition, items[index] as CachedObject)
      yield itemHead(message.length)
      yield message
    }
    yield tail
  }
  return { length: head.length + itemBytes + tail.length, staysAsIs: false, pieces: () => chunked(parts()) }
}

function sizeOf(items: readonly CachedObject[]): number {
  let bytes = 0
  for (const { size } of items) bytes += size
  return bytes
}

/** Items in a row as they are in a list. Throws 406 where the kind has no numbers. */
export function protobufItems(definition: ResourceDefinition, items: readonly CachedObject[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const item of items) {
    const message = messageOf(definition, item)
    parts.push(itemHead(message.length), message)
  }
  return Buffer.concat(parts)
}

/** What comes before and after the items of a list that take so many bytes. */
export function protobufListEnds(
  definition: ResourceDefinition,
  metadata: object,
  itemBytes: number,
): [head: Uint8Array, tail: Uint8Array] {
  const meta = encodeMessage(LIST_META, metadata)
  const first = written((writer) => writer.bytes(TAG_1, meta))
  const typeMeta = { apiVersion: groupVersion(definition), kind: listKindOf(definition) }
  const [head, tail] = openEnvelope(typeMeta, first.length + itemBytes)
  return [Buffer.concat([head, first]), tail]
}

/** Tag and length of an item. */
function itemHead(length: number): Uint8Array {
  const head = Buffer.allocUnsafe(1 + varintLength(length))
  head[0] = TAG_2
  let at = 1
  let rest = length
  for (; rest >= 128; rest = Math.floor(rest / 128)) head[at++] = (rest % 128) + 128
  head[at] = rest
  return head
}

/** What comes before and after a message of a length within its envelope. */
function openEnvelope(typeMeta: { apiVersion: string; kind: string }, length: number): [Uint8Array, Uint8Array] {
  const around = envelope(typeMeta, new Uint8Array())
  const tailBytes = 4 // contentEncoding and contentType, both empty
  const head = around.subarray(0, around.length - tailBytes - 1) // without the length, which is 0 there
  const size = written((writer) => writer.varint(length))
  return [Buffer.concat([head, size]), around.subarray(around.length - tailBytes)]
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  return length
}
