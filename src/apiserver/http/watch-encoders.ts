import type { ResourceDefinition } from '../../api/resource.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { cborEvent, cborObject, cborValue } from './cbor-form.ts'
import { CBOR_TYPE, JSON_TYPE, type MediaType, PROTOBUF_TYPE, type YAML_TYPE } from './media-type.ts'
import { protobufFrame, protobufObject, protobufValue } from './protobuf-form.ts'

export type ObjectEvent = 'ADDED' | 'MODIFIED' | 'DELETED'

/** What events look like on the wire. */
export interface WatchEncoder {
  frame(type: ObjectEvent, object: CachedObject): Uint8Array
  value(type: 'BOOKMARK' | 'ERROR', object: object): Uint8Array
}

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

const END = Buffer.from('}\n')
const shared: Readonly<Record<StreamedType, SharedFrames>> = {
  [JSON_TYPE]: new SharedFrames(),
  [PROTOBUF_TYPE]: new SharedFrames(),
  [CBOR_TYPE]: new SharedFrames(),
}

/** The media types that can be streamed. */
type StreamedType = Exclude<MediaType, typeof YAML_TYPE>

/** Events with the objects as they are; those of the same moment are encoded once for all watchers. */
export function plainEvents(mediaType: StreamedType, definition: ResourceDefinition): WatchEncoder {
  const frames = shared[mediaType]
  const encode = OBJECT_FRAMES[mediaType]
  return {
    frame: (type, object) => frames.get(type, object, () => encode(type, object, definition)),
    value: VALUE_FRAMES[mediaType],
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
