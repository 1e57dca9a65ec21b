import type { ScalarType } from '../schema/schema.ts'
import type { ProtobufReader } from './protobuf-reader.ts'

/** Reads one value in the form that JSON gives it. */
export type ScalarReader = (reader: ProtobufReader) => unknown

/** How the scalars of the API travel in protobuf (apimachinery's hand-written messages included). */
export const SCALAR_READERS: Record<ScalarType, ScalarReader> = {
  string: (reader) => reader.text(),
  bool: (reader) => reader.integer() !== 0,
  int32: (reader) => reader.integer(),
  int64: (reader) => reader.integer(),
  double: (reader) => reader.double(),
  bytes: (reader) => reader.bytes().toString('base64'),
  time: (reader) => timeText(reader.message(), 0),
  'date-time': (reader) => timeText(reader.message(), 0),
  microtime: (reader) => timeText(reader.message(), 6),
  duration: (reader) => `${fieldsOf(reader.message()).get(1) ?? 0}ns`,
  quantity: (reader) => firstText(reader.message()),
  'int-or-string': (reader) => intOrString(reader.message()),
  object: (reader) => rawJson(reader.message()),
  any: (reader) => rawJson(reader.message()),
}

/** Numbered integers of a small message. */
function fieldsOf(reader: ProtobufReader): Map<number, number> {
  const fields = new Map<number, number>()
  while (reader.next()) fields.set(reader.number, reader.integer())
  return fields
}

/** {seconds = 1, nanos = 2}; an empty message is the zero time, which JSON writes as null. */
function timeText(reader: ProtobufReader, digits: 0 | 6): string | null {
  const fields = fieldsOf(reader)
  const seconds = fields.get(1)
  if (seconds === undefined) return null
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  const micros = Math.floor((fields.get(2) ?? 0) / 1000)
  return digits === 0 ? `${whole}Z` : `${whole}.${String(micros).padStart(6, '0')}Z`
}

/** Quantity {string = 1}. */
function firstText(reader: ProtobufReader): string {
  let text = ''
  while (reader.next()) {
    if (reader.number === 1) text = reader.text()
    else reader.skip()
  }
  return text === '' ? '0' : text
}

/** IntOrString {type = 1, intVal = 2, strVal = 3}; type 0 is the number. */
function intOrString(reader: ProtobufReader): number | string {
  let isText = false
  let number = 0
  let text = ''
  while (reader.next()) {
    if (reader.number === 1) isText = reader.integer() !== 0
    else if (reader.number === 2) number = reader.integer()
    else if (reader.number === 3) text = reader.text()
    else reader.skip()
  }
  return isText ? text : number
}

/** RawExtension, FieldsV1 and JSON: {raw = 1}, which is JSON text. */
function rawJson(reader: ProtobufReader): unknown {
  let value: unknown = null
  while (reader.next()) {
    if (reader.number !== 1) reader.skip()
    else value = JSON.parse(reader.text() || 'null') as unknown
  }
  return value
}
