import type { FieldType } from '../schema/schema.ts'
import { typeSchema } from '../schema/schema.ts'
import { DecodeError } from './decode-error.ts'
import { ProtobufReader } from './protobuf-reader.ts'
import { SCALAR_READERS } from './protobuf-scalars.ts'

/** The four bytes that begin a protobuf body (apimachinery runtime/serializer/protobuf). */
const MAGIC = Buffer.from('k8s\0')

export interface ProtobufEnvelope {
  readonly apiVersion: string
  readonly kind: string
  /** The message itself: decode it with `decodeMessage` as the type that kind and apiVersion name. */
  readonly raw: Uint8Array
}

/** Opens a protobuf body: runtime.Unknown {typeMeta = 1 {apiVersion = 1, kind = 2}, raw = 2}. Throws DecodeError. */
export function openEnvelope(bytes: Uint8Array): ProtobufEnvelope {
  if (Buffer.compare(bytes.subarray(0, MAGIC.length), MAGIC) !== 0) {
    throw new DecodeError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  }
  const envelope = { apiVersion: '', kind: '', raw: new Uint8Array() as Uint8Array }
  const reader = new ProtobufReader(bytes.subarray(MAGIC.length))
  while (reader.next()) {
    if (reader.number === 1) readTypeMeta(reader.message(), envelope)
    else if (reader.number === 2) envelope.raw = reader.bytes()
    else reader.skip()
  }
  return envelope
}

function readTypeMeta(reader: ProtobufReader, envelope: { apiVersion: string; kind: string }): void {
  while (reader.next()) {
    if (reader.number === 1) envelope.apiVersion = reader.text()
    else if (reader.number === 2) envelope.kind = reader.text()
    else reader.skip()
  }
}

/** What a field number means: a field of the JSON object, or a nested message whose fields JSON flattens. */
type Meaning = { readonly name: string; readonly type: FieldType } | { readonly flattened: Map<number, Meaning> }

const meanings = new Map<string, Map<number, Meaning>>()

/**
 * A message of a type of the schema table as the value that its JSON would decode to, before normalisation: zero values
 * that Go's protobuf writes and its JSON does not are still there. Fields without a number in the table are dropped.
 */
export function decodeMessage(typeName: string, bytes: Uint8Array): Record<string, unknown> {
  return readMessage(typeName, new ProtobufReader(bytes))
}

function readMessage(typeName: string, reader: ProtobufReader): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  readInto(object, meaningsOf(typeName), reader)
  return object
}

function readInto(object: Record<string, unknown>, fields: Map<number, Meaning>, reader: ProtobufReader): void {
  while (reader.next()) {
    const meaning = fields.get(reader.number)
    if (!meaning) reader.skip()
    else if ('flattened' in meaning) readInto(object, meaning.flattened, reader.message())
    else object[meaning.name] = readField(meaning.type, reader, object[meaning.name])
  }
}

/** `before`: what earlier occurrences of the field came to, for lists and maps. */
function readField(type: FieldType, reader: ProtobufReader, before: unknown): unknown {
  if (typeof type === 'object' && 'list' in type) return readElement(type.list, reader, (before ?? []) as unknown[])
  if (typeof type === 'object' && 'map' in type) {
    return { ...(before as object | undefined), ...readEntry(type.map, reader.message()) }
  }
  return readValue(type, reader)
}

function readElement(type: FieldType, reader: ProtobufReader, list: unknown[]): unknown[] {
  if (isNumber(type) && reader.isBytes) {
    const packed = reader.message()
    while (!packed.isAtEnd) list.push(readValue(type, packed))
  } else list.push(readValue(type, reader))
  return list
}

const isNumber = (type: FieldType): boolean =>
  type === 'int32' || type === 'int64' || type === 'bool' || type === 'double'

/** {key = 1, value = 2}; both may be missing when they are zero. */
function readEntry(type: FieldType, reader: ProtobufReader): Record<string, unknown> {
  let key = ''
  let value: unknown
  while (reader.next()) {
    if (reader.number === 1) key = reader.text()
    else if (reader.number === 2) value = readValue(type, reader)
    else reader.skip()
  }
  return { [key]: value ?? (type === 'string' || type === 'bytes' ? '' : null) }
}

function readValue(type: FieldType, reader: ProtobufReader): unknown {
  if (typeof type === 'string') return SCALAR_READERS[type](reader)
  if ('list' in type) return readItems(type.list, reader.message())
  if ('map' in type) throw new DecodeError('proto: a map within a map')
  const { scalar } = typeSchema(type.ref)
  return scalar ? SCALAR_READERS[scalar](reader) : readMessage(type.ref, reader.message())
}

/** A list as the value of a map is a message of its own: {items = 1}. */
function readItems(type: FieldType, reader: ProtobufReader): unknown[] {
  const items: unknown[] = []
  while (reader.next()) {
    if (reader.number === 1) readElement(type, reader, items)
    else reader.skip()
  }
  return items
}

function meaningsOf(typeName: string): Map<number, Meaning> {
  let fields = meanings.get(typeName)
  if (!fields) {
    fields = new Map()
    for (const { name, type, proto } of typeSchema(typeName).fields ?? []) {
      if (proto !== undefined) place(fields, [proto].flat(), { name, type })
    }
    meanings.set(typeName, fields)
  }
  return fields
}

/** Puts a field where its numbers lead, outermost message first. */
function place(fields: Map<number, Meaning>, [number = 0, ...inner]: number[], meaning: Meaning): void {
  if (inner.length === 0) {
    fields.set(number, meaning)
    return
  }
  const known = fields.get(number)
  const nested = known && 'flattened' in known ? known.flattened : new Map<number, Meaning>()
  fields.set(number, { flattened: nested })
  place(nested, inner, meaning)
}
