import { decodeMessage, encodeBody, openEnvelope } from '../../src/api/codec/protobuf.ts'
import { ProtobufReader } from '../../src/api/codec/protobuf-reader.ts'
import { groupVersion, type ResourceDefinition } from '../../src/api/resource.ts'
import { typeSchema } from '../../src/api/schema/schema.ts'
import { findType } from '../../src/api/schema/type-of.ts'

export type Json = Record<string, unknown>

export interface WireEvent {
  readonly type: string
  readonly object: Json
}

/** How a client and a server write to each other. Every object comes out as its JSON would, so that forms compare. */
export interface WireFormat {
  readonly name: 'JSON' | 'protobuf'
  readonly mediaType: string
  /** The media type of a watch. */
  readonly watchType: string
  encode(definition: ResourceDefinition, object: Json): Uint8Array
  decode(bytes: Uint8Array): Json
  /** The first whole event of a watch, and what follows it; undefined while it is not all there. */
  nextEvent(bytes: Buffer): { readonly event: WireEvent; readonly rest: Buffer } | undefined
}

const LINE_BREAK = 0x0a

export const json: WireFormat = {
  name: 'JSON',
  mediaType: 'application/json',
  watchType: 'application/json',
  encode: (_definition, object) => Buffer.from(JSON.stringify(object)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Json,
  nextEvent(bytes) {
    const end = bytes.indexOf(LINE_BREAK)
    if (end < 0) return undefined
    return { event: JSON.parse(bytes.toString('utf8', 0, end)) as WireEvent, rest: bytes.subarray(end + 1) }
  },
}

const LENGTH_BYTES = 4

export const protobuf: WireFormat = {
  name: 'protobuf',
  mediaType: 'application/vnd.kubernetes.protobuf',
  watchType: 'application/vnd.kubernetes.protobuf;stream=watch',
  encode: (definition, object) =>
    encodeBody({ apiVersion: groupVersion(definition), kind: definition.kind }, definition.type, object),
  decode: decodeBody,
  nextEvent(bytes) {
    if (bytes.length < LENGTH_BYTES) return undefined
    const end = LENGTH_BYTES + bytes.readUInt32BE()
    if (bytes.length < end) return undefined
    return { event: eventOf(bytes.subarray(LENGTH_BYTES, end)), rest: bytes.subarray(end) }
  },
}

/** A list's items get the kind that lists leave out, as clients of client-go see them. */
function decodeBody(bytes: Uint8Array): Json {
  const { apiVersion, kind, raw } = openEnvelope(bytes)
  const [first = '', second] = apiVersion.split('/')
  const type = findType({ group: second === undefined ? '' : first, version: second ?? first, kind })
  if (type === undefined) throw new Error(`an answer of an unknown kind: ${apiVersion} ${kind}`)
  return decodeMessage(typeSchema(type).name, raw, { kind, apiVersion })
}

/** WatchEvent {type = 1, object = 2 {raw = 1}}. */
function eventOf(message: Uint8Array): WireEvent {
  const reader = new ProtobufReader(message)
  let type = ''
  let object: Json = {}
  while (reader.next()) {
    if (reader.number === 1) type = reader.text()
    else if (reader.number === 2) {
      object = decodeBody(rawOf(reader.bytes()))
    } else reader.skip()
  }
  return { type, object }
}

/** RawExtension {raw = 1}. */
function rawOf(message: Uint8Array): Uint8Array {
  const reader = new ProtobufReader(message)
  while (reader.next()) {
    if (reader.number === 1) return reader.bytes()
    reader.skip()
  }
  throw new Error('an event without an object')
}
