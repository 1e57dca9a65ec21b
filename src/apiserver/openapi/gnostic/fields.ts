import type { ProtobufWriter } from '../../../api/codec/protobuf-writer.ts'
import type { JsonSchema } from '../schemas.ts'

/** Writes a value of a JSON document as a field of a message; what is not of the field's type is left out. */
export type Field = (writer: ProtobufWriter, value: unknown) => void

/** How an object of a JSON document becomes a message: its members in rising order of their field numbers. */
export interface Shape {
  readonly fields: readonly (readonly [member: string, field: Field])[]
  /** Number of the field that holds the members whose names begin with `x-`. */
  readonly extensions?: number
}

const WIRE_VARINT = 0
const WIRE_DOUBLE = 1
const WIRE_BYTES = 2

const tagOf = (number: number, wire: number): number => number * 8 + wire
const NAME = tagOf(1, WIRE_BYTES)

/** The members of an object, without the tag and length of a message. The writer goes from the end to the beginning. */
export function writeMembers(writer: ProtobufWriter, { fields, extensions }: Shape, object: JsonSchema): void {
  if (extensions !== undefined) writeExtensions(writer, extensions, object)
  for (const [member, field] of fields.toReversed()) {
    const value = object[member]
    if (value !== undefined) field(writer, value)
  }
}

function writeExtensions(writer: ProtobufWriter, number: number, object: JsonSchema): void {
  const found = Object.entries(object).filter(([name]) => name.startsWith('x-'))
  if (found.length > 0) named(number, any)(writer, Object.fromEntries(found))
}

/** A string; an empty one is the zero value, which is not written. */
export function text(number: number): Field {
  return (writer, value) => {
    if (typeof value === 'string' && value !== '') writer.text(tagOf(number, WIRE_BYTES), value)
  }
}

/** A list of strings, empty ones included. */
export function texts(number: number): Field {
  return each((writer, value) => writer.text(tagOf(number, WIRE_BYTES), String(value)))
}

export function flag(number: number): Field {
  return (writer, value) => {
    if (value === true) writer.bool(tagOf(number, WIRE_VARINT), true)
  }
}

export function integer(number: number): Field {
  return (writer, value) => {
    if (typeof value === 'number') writer.integer(tagOf(number, WIRE_VARINT), value)
  }
}

export function double(number: number): Field {
  return (writer, value) => {
    if (typeof value === 'number') writer.double(tagOf(number, WIRE_DOUBLE), value)
  }
}

/** A message whose only content is one field: what a `oneof` or a list of its own becomes. */
export function within(number: number, field: Field): Field {
  return (writer, value) => {
    const before = writer.length
    field(writer, value)
    writer.close(tagOf(number, WIRE_BYTES), before)
  }
}

/** A message. The shape is asked for when it is needed, since shapes refer to themselves. */
export function message(number: number, shape: () => Shape): Field {
  return within(number, (writer, value) => {
    if (isObject(value)) writeMembers(writer, shape(), value)
  })
}

/** Each item of a list; nothing for other values. */
export function each(field: Field): Field {
  return (writer, value) => {
    if (!Array.isArray(value)) return
    for (const item of value.toReversed()) field(writer, item)
  }
}

/** A map as a list of {name = 1, value = 2}. `value` makes the field for a number. */
export function named(number: number, value: (number: number) => Field): Field {
  const field = value(2)
  return (writer, map) => {
    if (!isObject(map)) return
    for (const [name, member] of Object.entries(map).toReversed()) {
      const before = writer.length
      field(writer, member)
      if (name !== '') writer.text(NAME, name)
      writer.close(tagOf(number, WIRE_BYTES), before)
    }
  }
}

/** A value of any form: it travels as YAML, of which JSON is a part. */
export function any(number: number): Field {
  const yaml = text(2)
  return within(number, (writer, value) => yaml(writer, JSON.stringify(value)))
}

export const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
