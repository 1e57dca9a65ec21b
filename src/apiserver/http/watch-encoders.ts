import type { ResourceDefinition } from '../../api/resource.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { type Format, PROTOBUF_TYPE } from './negotiation.ts'
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
  #frames = new Map<CachedObject, Uint8Array>()
  #type = ''

  get(type: string, object: CachedObject, encode: (object: CachedObject) => Uint8Array): Uint8Array {
    if (this.#frames.size === 0) setImmediate(() => this.#frames.clear())
    if (type !== this.#type) {
      this.#frames.clear()
      this.#type = type
    }
    let frame = this.#frames.get(object)
    if (!frame) {
      frame = encode(object)
      this.#frames.set(object, frame)
    }
    return frame
  }
}

const END = Buffer.from('}\n')
const sharedJson = new SharedFrames()
const sharedProtobuf = new SharedFrames()

/** `{"type":"ADDED","object":…}` and a line break, from the bytes as they are cached. */
const jsonEvents: WatchEncoder = {
  frame: (type, object) =>
    sharedJson.get(type, object, () => Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object.json(), END])),
  value: (type, object) => Buffer.from(`${JSON.stringify({ type, object })}\n`),
}

const protobufEvents = (definition: ResourceDefinition): WatchEncoder => ({
  frame: (type, object) =>
    sharedProtobuf.get(type, object, () => protobufFrame(type, protobufObject(definition, object))),
  value: (type, object) => protobufFrame(type, protobufValue(object)),
})

/** Events with the objects as they are. */
export const plainEvents = (format: Format, definition: ResourceDefinition): WatchEncoder =>
  format.mediaType === PROTOBUF_TYPE ? protobufEvents(definition) : jsonEvents

/** Events whose objects are shown in another form, e.g. as Tables. */
export function transformedEvents(
  format: Format,
  transform: (object: CachedObject) => object,
  bookmark: (object: object) => object,
): WatchEncoder {
  const encode = (type: string, object: object): Uint8Array =>
    format.mediaType === PROTOBUF_TYPE
      ? protobufFrame(type, protobufValue(object))
      : Buffer.from(`${JSON.stringify({ type, object })}\n`)
  return {
    frame: (type, object) => encode(type, transform(object)),
    value: (type, object) => encode(type, type === 'BOOKMARK' ? bookmark(object) : object),
  }
}
