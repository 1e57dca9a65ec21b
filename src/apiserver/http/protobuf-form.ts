import { encodeBody, encodeMessage, envelope, written } from '../../api/codec/protobuf-encode.ts'
import { groupVersion, listKindOf, type ResourceDefinition } from '../../api/resource.ts'
import { findType } from '../../api/schema/type-of.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { yieldEvery } from '../yielding.ts'
import { EncodedObjects } from './encoded-objects.ts'
import { wrongForm } from './negotiation.ts'
import { parsedObject } from './parsed-object.ts'

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const TAG_1 = (1 << 3) | 2
const TAG_2 = (2 << 3) | 2

const encoded = new EncodedObjects()

/** The message of a cached object, without an envelope. Throws 406 where the kind has no numbers. */
export const messageOf = (definition: ResourceDefinition, object: CachedObject): Uint8Array =>
  encoded.get(object, (given) => encodeMessage(definition.type, parsedObject(given)))

/** A cached object as a body. */
export const protobufObject = (definition: ResourceDefinition, object: CachedObject): Uint8Array =>
  envelope({ apiVersion: groupVersion(definition), kind: definition.kind }, messageOf(definition, object))

interface Typed {
  readonly kind?: string
  readonly apiVersion?: string
  readonly metadata?: object
  readonly items?: readonly Typed[]
}

/** Any object of a known kind as a body. Throws 406 for one that has no protobuf form, such as a Table. */
export function protobufValue(value: object): Uint8Array {
  const { kind = '', apiVersion = '' } = value as Typed
  const typeMeta = { apiVersion, kind }
  if (kind === 'PartialObjectMetadata') return envelope(typeMeta, partial(value))
  if (kind === 'PartialObjectMetadataList') return envelope(typeMeta, partialList(value))
  const [first = '', second] = apiVersion.split('/')
  const [group, version] = second === undefined ? ['', first || 'v1'] : [first, second]
  const type = findType({ group, version, kind }) // discovery of the core group says no version
  if (type === undefined) {
    const goType = `*${version}.${kind}`
    throw wrongForm(
      `object ${goType} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
    )
  }
  return encodeBody(typeMeta, type, value)
}

/** PartialObjectMetadata {metadata = 1}, of which the schema table does not know. */
const partial = ({ metadata = {} }: Typed): Uint8Array => {
  const message = encodeMessage(`${META}ObjectMeta`, metadata)
  return written((writer) => writer.bytes(TAG_1, message))
}

/** {metadata = 1, items = 2}. */
function partialList({ metadata = {}, items = [] }: Typed): Uint8Array {
  const meta = encodeMessage(`${META}ListMeta`, metadata)
  const messages = items.map(partial)
  return written((writer) => {
    for (const message of messages.toReversed()) writer.bytes(TAG_2, message)
    writer.bytes(TAG_1, meta)
  })
}

const KEPT_BYTES = 16 * 1024 * 1024

export interface PiecewiseBody {
  /** In bytes. */
  readonly length: number
  /** Each piece has to be copied before the next is asked for. */
  pieces(): Generator<Uint8Array>
}

/**
 * A list as a body, in pieces: {metadata = 1, items = 2}. How long it is stands at its beginning, so all items are encoded
 * to be measured. Those of a small list are kept for it; a large one's are encoded again when they go out, as far as nobody
 * else has kept them, so that a list of any size takes little memory of its own.
 */
export async function protobufList(
  definition: ResourceDefinition,
  items: readonly CachedObject[],
  metadata: object,
): Promise<PiecewiseBody> {
  const meta = encodeMessage(`${META}ListMeta`, metadata)
  const first = written((writer) => writer.bytes(TAG_1, meta))
  const pause = yieldEvery()
  const kept: Uint8Array[] = []
  let length = first.length
  for (const item of items) {
    const message = messageOf(definition, item)
    const size = message.length
    length += 1 + varintLength(size) + size
    if (length < KEPT_BYTES) kept.push(message)
    if (pause.due()) await pause.now()
  }
  const typeMeta = { apiVersion: groupVersion(definition), kind: listKindOf(definition) }
  const [head, tail] = openEnvelope(typeMeta, length)
  return {
    length: head.length + length + tail.length,
    *pieces() {
      yield head
      yield first
      for (let index = 0; index < items.length; index++) {
        const message = kept[index] ?? messageOf(definition, items[index] as CachedObject)
        yield itemHead(message.length)
        yield message
      }
      yield tail
    },
  }
}

/** Items in a row as they are in a list. Throws 406 where the kind has no numbers. */
export function protobufItems(definition: ResourceDefinition, items: readonly CachedObject[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const item of items) {
    const message = messageOf(definition, item)
    parts.push(Buffer.from(itemHead(message.length)), message)
  }
  return Buffer.concat(parts)
}

/** What comes before and after the items of a list that take so many bytes. */
export function protobufListEnds(
  definition: ResourceDefinition,
  metadata: object,
  itemBytes: number,
): [head: Uint8Array, tail: Uint8Array] {
  const meta = encodeMessage(`${META}ListMeta`, metadata)
  const first = written((writer) => writer.bytes(TAG_1, meta))
  const typeMeta = { apiVersion: groupVersion(definition), kind: listKindOf(definition) }
  const [head, tail] = openEnvelope(typeMeta, first.length + itemBytes)
  return [Buffer.concat([head, first]), tail]
}

const headBytes = Buffer.alloc(11)

/** Tag and length of an item. The bytes are good until the next call. */
function itemHead(length: number): Uint8Array {
  headBytes[0] = TAG_2
  let at = 1
  let rest = length
  for (; rest >= 128; rest = Math.floor(rest / 128)) headBytes[at++] = (rest % 128) + 128
  headBytes[at++] = rest
  return headBytes.subarray(0, at)
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

/**
 * An event of a watch: four bytes of length, big-endian, and WatchEvent {type = 1, object = 2 {raw = 1}} without an envelope
 * of its own; `body` has one (protobuf.LengthDelimitedFramer over a RawSerializer).
 */
export function protobufFrame(type: string, body: Uint8Array): Uint8Array {
  const message = written((writer) => {
    const before = writer.length
    writer.bytes(TAG_1, body)
    writer.close(TAG_2, before)
    writer.text(TAG_1, type)
  })
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}
