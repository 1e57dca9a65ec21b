import type { ResourceDefinition } from '../../api/resource.ts'
import type { CachedEvent, CachedObject } from '../watch-cache/watch-cache.ts'
import { cborEvent, cborObject, cborValue } from './cbor-form.ts'
import { CBOR_TYPE, JSON_TYPE, type MediaType, PROTOBUF_TYPE, type YAML_TYPE } from './media-type.ts'
import { protobufFrame, protobufObject, protobufValue } from './protobuf-form.ts'
import { joined } from './shared-batches.ts'
import type { SharedChunk } from './shared-chunk.ts'

export type ObjectEvent = 'ADDED' | 'MODIFIED' | 'DELETED'

/** What events look like on the wire. */
export interface WatchEncoder {
  frame(type: ObjectEvent, object: CachedObject): Uint8Array
  value(type: 'BOOKMARK' | 'ERROR', object: object): Uint8Array
  /** Events told together, as they are, put together in chunks; where it is there, it gives all watchers the same. */
  chunks?(events: readonly CachedEvent[]): readonly SharedChunk[]
}

/** Events told together go out in pieces of about this size. */
export const CHUNK_BYTES = 256 * 1024

/**
 * Frames that several watchers are told at the same moment: encoded once, forgotten with the turn of the event loop.
 * Events reach all watchers of a resource in one turn, so nothing needs to be kept longer.
 */
class SharedFrames {
  readonly #frames: Readonly<Record<ObjectEvent, Map<CachedObject, Uint8Array>>> = {
    ADDED: new Map(),
    MODIFIED: new Map(),
    DELETED: new Map(),
  }

  get(type: ObjectEvent, object: CachedObject, encode: (object: CachedObject) => Uint8Array): Uint8Array {
    const frames = this.#frames[type]
    const known = frames.get(object)
    if (known) return known
    if (frames.size === 0) setImmediate(() => frames.clear())
    const frame = encode(object)
    frames.set(object, frame)
    return frame
  }
}

/** Of events that all watchers are told in one array: put together once for all, and gone with the array. */
class SharedChunks {
  readonly #known = new WeakMap<readonly CachedEvent[], { definition: ResourceDefinition; chunks: SharedChunk[] }>()

  get(
    events: readonly CachedEvent[],
    definition: ResourceDefinition,
    frameOf: (event: CachedEvent) => Uint8Array,
  ): readonly SharedChunk[] {
    const known = this.#known.get(events)
    if (known?.definition === definition) return known.chunks
    const chunks = chunksOf(events.map(frameOf))
    this.#known.set(events, { definition, chunks })
    return chunks
  }
}

function chunksOf(frames: readonly Uint8Array[]): SharedChunk[] {
  const chunks: SharedChunk[] = []
  let start = 0
  let bytes = 0
  for (let index = 0; index < frames.length; index++) {
    bytes += frames[index]?.length ?? 0
    if (bytes < CHUNK_BYTES && index < frames.length - 1) continue
    chunks.push(joined(frames.slice(start, index + 1)))
    start = index + 1
    bytes = 0
  }
  return chunks
}

const END = Buffer.from('}\n')

/** What the watchers of a media type have in common. */
class Shared {
  readonly frames = new SharedFrames()
  readonly chunks = new SharedChunks()
  readonly encoders = new WeakMap<ResourceDefinition, WatchEncoder>()
}

const shared: Readonly<Record<StreamedType, Shared>> = {
  [JSON_TYPE]: new Shared(),
  [PROTOBUF_TYPE]: new Shared(),
  [CBOR_TYPE]: new Shared(),
}

/** The media types that can be streamed. */
type StreamedType = Exclude<MediaType, typeof YAML_TYPE>

/** Events with the objects as they are; those of the same moment are encoded once for all watchers. */
export function plainEvents(mediaType: StreamedType, definition: ResourceDefinition): WatchEncoder {
  const { encoders } = shared[mediaType]
  const known = encoders.get(definition)
  if (known) return known
  const encoder = plainEncoder(mediaType, definition)
  encoders.set(definition, encoder)
  return encoder
}

function plainEncoder(mediaType: StreamedType, definition: ResourceDefinition): WatchEncoder {
  const { frames, chunks } = shared[mediaType]
  const encode = OBJECT_FRAMES[mediaType]
  const frame: WatchEncoder['frame'] = (type, object) =>
    frames.get(type, object, () => encode(type, object, definition))
  return {
    frame,
    value: VALUE_FRAMES[mediaType],
    chunks: (events) => chunks.get(events, definition, ({ type, current }) => frame(type, current)),
  }
}

/** Events whose objects are shown in another form, e.g. as Tables. */
export function transformedEvents(
  mediaType: StreamedType,
  transform: (object: CachedObject) => object,
  bookmark: (object: object) => object,
): WatchEncoder {
  const encode = VALUE_FRAMES[mediaType]
  return {
    frame: (type, object) => encode(type, transform(object)),
    value: (type, object) => encode(type, type === 'BOOKMARK' ? bookmark(object) : object),
  }
}

type ObjectFrame = (type: string, object: CachedObject, definition: ResourceDefinition) => Uint8Array

const OBJECT_FRAMES: Readonly<Record<StreamedType, ObjectFrame>> = {
  /** `{"type":"ADDED","object":…}` and a line break, from the bytes as they are cached. */
  [JSON_TYPE]: (type, object) => Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object.json(), END]),
  [PROTOBUF_TYPE]: (type, object, definition) => protobufFrame(type, protobufObject(definition, object)),
  [CBOR_TYPE]: (type, object, definition) => cborEvent(type, cborObject(definition, object)),
}

const VALUE_FRAMES: Readonly<Record<StreamedType, (type: string, object: object) => Uint8Array>> = {
  [JSON_TYPE]: (type, object) => Buffer.from(`${JSON.stringify({ type, object })}\n`),
  [PROTOBUF_TYPE]: (type, object) => protobufFrame(type, protobufValue(object)),
  [CBOR_TYPE]: (type, object) => cborEvent(type, cborValue(object)),
}
