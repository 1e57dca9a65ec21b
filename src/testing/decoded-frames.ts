import { decodeMessage, openEnvelope } from '../api/codec/protobuf.ts'
import { ProtobufReader } from '../api/codec/protobuf-reader.ts'
import { findType } from '../api/schema/type-of.ts'

/** An object in protobuf with its envelope, as any other client sees it. */
export function decodeBody(bytes: Uint8Array): Record<string, unknown> {
  const { apiVersion, kind, raw } = openEnvelope(bytes)
  const [first = '', second] = apiVersion.split('/')
  const [group, version] = second === undefined ? ['', first || 'v1'] : [first, second]
  const type = findType({ group, version, kind })
  if (type === undefined) throw new Error(`no type for ${apiVersion} ${kind}`)
  return decodeMessage(type, raw, { apiVersion, kind })
}

export interface DecodedEvent {
  readonly type: string
  readonly object: Record<string, unknown>
}

/** Events of a watch in protobuf: each after its length in four bytes; what is not complete yet is left out. */
export function decodeFrames(bytes: Buffer): DecodedEvent[] {
  const events: DecodedEvent[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) break
    events.push(event(bytes.subarray(at + 4, end)))
    at = end
  }
  return events
}

function event(message: Uint8Array): DecodedEvent {
  const reader = new ProtobufReader(message)
  let type = ''
  let object: Record<string, unknown> = {}
  while (reader.next()) {
    if (reader.number === 1) type = reader.text()
    else object = decodeBody(rawOf(reader))
  }
  return { type, object }
}

function rawOf(reader: ProtobufReader): Uint8Array {
  const outer = reader.enter()
  let raw: Uint8Array = new Uint8Array()
  while (reader.next()) raw = reader.bytes()
  reader.leave(outer)
  return raw
}
