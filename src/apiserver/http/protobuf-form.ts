import { encodeBody, encodeMessage, envelope, written } from '../../api/codec/protobuf-encode.ts'
import { groupVersion, type ResourceDefinition } from '../../api/resource.ts'
import { findType } from '../../api/schema/type-of.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
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
