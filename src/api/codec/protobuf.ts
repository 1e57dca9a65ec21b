import { DecodeError } from './decode-error.ts'
import { PROTOBUF_MAGIC } from './protobuf-encode.ts'
import { ProtobufReader } from './protobuf-reader.ts'

export { decodeMessage } from './protobuf-decode.ts'
export { encodeBody, encodeMessage, envelope } from './protobuf-encode.ts'

export interface ProtobufEnvelope {
  readonly apiVersion: string
  readonly kind: string
  /** The message itself: decode it with `decodeMessage` as the type that kind and apiVersion name. */
  readonly raw: Uint8Array
}

/** Opens a protobuf body: runtime.Unknown {typeMeta = 1 {apiVersion = 1, kind = 2}, raw = 2}. Throws DecodeError. */
export function openEnvelope(bytes: Uint8Array): ProtobufEnvelope {
  if (Buffer.compare(bytes.subarray(0, PROTOBUF_MAGIC.length), PROTOBUF_MAGIC) !== 0) {
    throw new DecodeError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  }
  const envelope = { apiVersion: '', kind: '', raw: new Uint8Array() as Uint8Array }
  const reader = new ProtobufReader(bytes.subarray(PROTOBUF_MAGIC.length))
  while (reader.next()) {
    if (reader.number === 1) readTypeMeta(reader, envelope)
    else if (reader.number === 2) envelope.raw = reader.bytes()
    else reader.skip()
  }
  return envelope
}

function readTypeMeta(reader: ProtobufReader, envelope: { apiVersion: string; kind: string }): void {
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.number === 1) envelope.apiVersion = reader.text()
    else if (reader.number === 2) envelope.kind = reader.text()
    else reader.skip()
  }
  reader.leave(outer)
}
