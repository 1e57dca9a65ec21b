import type { FieldType, TypeSchema } from '../schema/schema.ts'
import { typeSchema } from '../schema/schema.ts'
import * as convert from './convert.ts'
import { Mismatch } from './convert.ts'
import { DecodeError } from './decode-error.ts'

export interface Diagnosis {
  /** Go's text for the first value that cannot be decoded. */
  readonly firstError?: string
  /** `unknown field "spec.foo"`, once each. */
  readonly unknownFields: string[]
}

/** Where the walk is: for errors the struct and the names on the way; for unknown fields the path with its indices. */
interface Place {
  readonly struct: string
  readonly fields: readonly string[]
  readonly path: string
  /** The Go type of what is here, where it has a name of its own. */
  readonly goType?: string | undefined
}

/** Walks a value in the order of the document, as Go's decoder does. Slow: runs only when something is wrong. */
export function diagnose(typeName: string, value: unknown): Diagnosis {
  const walk = new Walk()
  walk.value({ ref: typeName }, value ?? {}, { struct: '', fields: [], path: '' })
  return {
    ...(walk.firstError !== undefined && { firstError: walk.firstError }),
    unknownFields: [...walk.unknown].map((path) => `unknown field "${path}"`),
  }
}

class Walk {
  readonly unknown = new Set<string>()
  firstError: string | undefined

  value(type: FieldType, value: unknown, place: Place): void {
    if (value === null || value === undefined) return
    if (typeof type === 'string') return this.#scalar(type, value, place)
    if ('list' in type) return this.#list(type, value, place)
    if ('map' in type) return this.#map(type, value, place)
    const schema = typeSchema(type.ref)
    if (schema.fields || schema.scalar === 'object') this.#struct(schema, value, place)
    else if (schema.scalar) this.#scalar(schema.scalar, value, place)
  }

  #struct(schema: TypeSchema, value: unknown, place: Place): void {
    if (!isMap(value)) return this.#mismatch(value, goTypeName({ ref: schema.name }), place)
    const struct = shortName(schema.name)
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue
      const path = place.path === '' ? key : `${place.path}.${key}`
      const field = schema.fields?.find(({ name }) => name === key)
      if (field) this.value(field.type, member, { struct, fields: [...place.fields, key], path, goType: field.goType })
      else this.unknown.add(path)
    }
  }

  #list(type: { list: FieldType }, value: unknown, place: Place): void {
    if (!Array.isArray(value)) return this.#mismatch(value, place.goType ?? goTypeName(type), place)
    for (const [index, item] of value.entries()) {
      this.value(type.list, item, {
        ...place,
        path: `${place.path}[${index}]`,
        goType: place.goType?.replace('[]', ''),
      })
    }
  }

  #map(type: { map: FieldType }, value: unknown, place: Place): void {
    if (!isMap(value)) return this.#mismatch(value, place.goType ?? goTypeName(type), place)
    for (const [key, item] of Object.entries(value)) {
      this.value(type.map, item, { ...place, path: `${place.path}.${key}`, goType: undefined })
    }
  }

  #scalar(type: string, value: unknown, place: Place): void {
    const converter = CONVERTERS[type]
    if (!converter) return
    try {
      converter(value)
    } catch (error) {
      if (error instanceof Mismatch) this.#mismatch(value, place.goType ?? GO_SCALARS[type] ?? type, place)
      else if (error instanceof DecodeError) this.firstError ??= error.message
      else throw error
    }
  }

  #mismatch(value: unknown, goType: string, { struct, fields }: Place): void {
    const target =
      fields.length === 0 ? `value of type ${goType}` : `struct field ${struct}.${fields.join('.')} of type ${goType}`
    this.firstError ??= `json: cannot unmarshal ${jsonKind(value, goType)} into Go ${target}`
  }
}

const CONVERTERS: Readonly<Record<string, convert.Converter>> = {
  string: convert.string,
  duration: convert.string,
  bool: convert.bool,
  int32: convert.int32,
  int64: convert.int64,
  double: convert.double,
  bytes: convert.bytes,
  time: convert.time,
  'date-time': convert.time,
  microtime: convert.microTime,
  quantity: convert.quantity,
  'int-or-string': convert.intOrString,
}

/** The Go type that a decoder of each scalar expects at last: a time is decoded as a string first. */
const GO_SCALARS: Readonly<Record<string, string>> = {
  double: 'float64',
  bytes: '[]uint8',
  time: 'string',
  'date-time': 'string',
  microtime: 'string',
  duration: 'string',
  'int-or-string': 'int32',
}

/** How Go's decoder names what it found; numbers that do not fit an integer are quoted. */
function jsonKind(value: unknown, goType: string): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number' && goType.startsWith('int')) return `number ${value}`
  return typeof value
}

/** A type as Go's reflection prints it: `[]v1.Container`, `map[string]string`, `v1.ResourceList`. */
function goTypeName(type: FieldType): string {
  if (typeof type === 'string') return GO_ELEMENTS[type] ?? GO_SCALARS[type] ?? type
  if ('list' in type) return `[]${goTypeName(type.list)}`
  if ('map' in type) return `map[string]${goTypeName(type.map)}`
  return type.ref.split('.').slice(-2).join('.')
}

const GO_ELEMENTS: Readonly<Record<string, string>> = {
  quantity: 'resource.Quantity',
  time: 'v1.Time',
  microtime: 'v1.MicroTime',
  'int-or-string': 'intstr.IntOrString',
}

const shortName = (typeName: string): string => typeName.slice(typeName.lastIndexOf('.') + 1)

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
