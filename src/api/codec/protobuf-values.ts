import { DecodeError } from './decode-error.ts'
import type { ProtobufReader } from './protobuf-reader.ts'

/*
 * The values that are small messages (apimachinery's hand-written ones), in the form that JSON gives them. Each reads the
 * field that the reader is at.
 */

/** The times that Go writes in JSON: years 1 to 9999. */
const FIRST_SECOND = -62_135_596_800
const LAST_SECOND = 253_402_300_799

/** {seconds = 1, nanos = 2}; an empty message is the zero time, which JSON writes as null. */
export function timeText(reader: ProtobufReader, digits: 0 | 6): string | null {
  let seconds: number | undefined
  let nanos = 0
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.number === 1) seconds = reader.integer64()
    else if (reader.number === 2) nanos = reader.integer()
    else reader.skip()
  }
  reader.leave(outer)
  if (seconds === undefined || seconds === FIRST_SECOND) return null
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos >= 1e9) {
    throw new DecodeError('Time.MarshalJSON: year outside of range [0,9999]')
  }
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return digits === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

/** Quantity {string = 1}. */
export function quantityText(reader: ProtobufReader): string {
  let text = ''
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.number === 1) text = reader.text()
    else reader.skip()
  }
  reader.leave(outer)
  return text === '' ? '0' : text
}

/** Duration {nanoseconds = 1}, in the notation of Go with one unit. */
export function durationText(reader: ProtobufReader): string {
  let nanos = 0
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.number === 1) nanos = reader.integer64()
    else reader.skip()
  }
  reader.leave(outer)
  return nanos % 1e9 === 0 ? `${nanos / 1e9}s` : `${nanos}ns`
}

/** IntOrString {type = 1, intVal = 2, strVal = 3}; type 0 is the number. */
export function intOrString(reader: ProtobufReader): number | string {
  let isText = false
  let number = 0
  let text = ''
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.number === 1) isText = reader.integer() !== 0
    else if (reader.number === 2) number = reader.integer()
    else if (reader.number === 3) text = reader.text()
    else reader.skip()
  }
  reader.leave(outer)
  return isText ? text : number
}

/** RawExtension, FieldsV1 and JSON: {raw = 1}, which is JSON text. */
export function rawJson(reader: ProtobufReader): unknown {
  let value: unknown = null
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.number === 1) value = parsed(reader.text())
    else reader.skip()
  }
  reader.leave(outer)
  return value
}

function parsed(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new DecodeError((error as Error).message, error)
  }
}
