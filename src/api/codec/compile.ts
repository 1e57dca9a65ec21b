import type { FieldSchema, FieldType, ScalarType, TypeSchema } from '../schema/schema.ts'
import { schemaTable, typeSchema } from '../schema/schema.ts'
import * as convert from './convert.ts'
import { type Converter, isEmptyMap, listOf, Mismatch, mapOf } from './convert.ts'

export { Mismatch }

/**
 * Decoders are compiled once per type, on first use, to straight-line code (`new Function`): one property access per
 * field with its own inline cache. A loop over the fields of the table, the tempting way, is four times slower, because
 * its accesses see every shape there is. The code is made of the table's names only, never of anything a client sent.
 */
const decoders = new Map<string, { run: Converter }>()

/** The decoder of a type of the table: JSON value in, normalised value out; throws Mismatch or DecodeError. */
export function decoderOf(typeName: string): Converter {
  return boxOf(typeName).run
}

/** Types refer to each other, also in circles: a box compiles its decoder when that is first called. */
function boxOf(typeName: string): { run: Converter } {
  let box = decoders.get(typeName)
  if (!box) {
    const made: { run: Converter } = {
      run: (value) => {
        made.run = compile(typeSchema(typeName))
        return made.run(value)
      },
    }
    box = made
    decoders.set(typeName, box)
  }
  return box
}

let unknownSeen = false

/** Whether a decoder met a key that its type does not have since the last reset. Decoding is synchronous. */
export const unknownFieldsSeen = {
  reset: (): void => {
    unknownSeen = false
  },
  any: (): boolean => unknownSeen,
}

const EMPTY = Object.freeze({})

/** What stands for a missing body. */
export const convertible = (value: unknown): unknown => value ?? EMPTY

const SCALARS: Record<ScalarType, Converter> = {
  string: convert.string,
  bool: convert.bool,
  int32: convert.int32,
  int64: convert.int64,
  double: convert.double,
  bytes: convert.bytes,
  time: convert.time,
  microtime: convert.microTime,
  duration: convert.string,
  quantity: convert.quantity,
  'int-or-string': convert.intOrString,
  object: convert.anything,
  any: convert.anything,
  'date-time': convert.time,
}

/** The struct behind a type, one without fields too, or undefined for scalars, lists and maps. */
function structName(type: FieldType): string | undefined {
  if (typeof type !== 'object' || !('ref' in type)) return undefined
  const { fields, scalar } = typeSchema(type.ref)
  return fields || scalar === 'object' ? type.ref : undefined
}

function converterOf(type: FieldType): Converter {
  if (typeof type === 'string') return SCALARS[type]
  if ('list' in type) return listOf(converterOf(type.list), () => zeroOf(type.list))
  // Go's null bytes do not survive the store: they come back empty.
  if ('map' in type) return mapOf(converterOf(type.map), () => (type.map === 'bytes' ? '' : zeroOf(type.map)))
  const struct = structName(type)
  if (struct === undefined) return SCALARS[typeSchema(type.ref).scalar ?? 'any']
  const box = boxOf(struct)
  return (value) => box.run(value)
}

const ZEROS: Partial<Record<ScalarType, unknown>> = {
  string: '',
  duration: '0s',
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: '0',
  'int-or-string': 0,
}

/** How Go writes the zero value of a type that is not a pointer. */
function zeroOf(type: FieldType): unknown {
  if (typeof type === 'string') return ZEROS[type] ?? null
  const struct = structName(type)
  return struct === undefined ? null : boxOf(struct).run(EMPTY)
}

function compile(type: TypeSchema): Converter {
  const converters: Record<string, Converter> = {}
  const body = (type.fields ?? []).map((field, index) => fieldCode(field, index, converters)).join('')
  const code = `return function decode(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new Mismatch()
    const output = {}
    let seen = 0
    let value
${body}
    for (const key in input) seen--
    if (seen !== 0) unknown()
    return output
  }`
  const names = Object.keys(converters)
  const make = new Function('Mismatch', 'isEmptyMap', 'unknown', ...names, code)
  return make(Mismatch, isEmptyMap, noteUnknown, ...names.map((name) => converters[name])) as Converter
}

function noteUnknown(): void {
  unknownSeen = true
}

/** Reads, converts and writes one field; `converters` gets the functions that the code names. */
function fieldCode(field: FieldSchema, index: number, converters: Record<string, Converter>): string {
  const target = `output[${JSON.stringify(field.name)}]`
  const conversion = conversionCode(field.type, `convert${index}`, converters)
  const isZero = field.zero === 'drop' ? zeroTest(field.type) : undefined
  const write = isZero === undefined ? `${target} = value` : `if (!(${isZero})) ${target} = value`
  const missing = missingCode(field, target, `zero${index}`, converters)
  return `
    value = input[${JSON.stringify(field.name)}]
    if (value !== undefined) seen++
    if (value !== undefined && value !== null) {
      ${conversion}
      ${write}
    }${missing === undefined ? '' : ` else ${missing}`}`
}

/** The commonest types are checked in place. */
function conversionCode(type: FieldType, name: string, converters: Record<string, Converter>): string {
  if (type === 'string') return `if (typeof value !== 'string') throw new Mismatch()`
  if (type === 'bool') return `if (typeof value !== 'boolean') throw new Mismatch()`
  if (type === 'int32') return `if (value !== (value | 0)) throw new Mismatch()`
  converters[name] = converterOf(type)
  return `value = ${name}(value)`
}

/** The condition under which omitempty leaves a value out, or undefined where it never does (structs). */
function zeroTest(type: FieldType): string | undefined {
  if (typeof type === 'object') {
    if ('list' in type) return 'value.length === 0'
    return 'map' in type ? 'isEmptyMap(value)' : undefined
  }
  if (type === 'string' || type === 'bytes' || type === 'duration') return `value === ''`
  if (type === 'bool') return '!value'
  return type === 'int32' || type === 'int64' || type === 'double' ? 'value === 0' : undefined
}

/** What is written for a field that was not given, or undefined for nothing. */
function missingCode(
  { zero, type }: FieldSchema,
  target: string,
  name: string,
  converters: Record<string, Converter>,
): string | undefined {
  if (zero === 'drop' || zero === 'keep') return undefined
  if (zero === 'null') return `${target} = null`
  if (structName(type) === undefined) return `${target} = ${JSON.stringify(zeroOf(type))}`
  converters[name] = () => zeroOf(type)
  return `${target} = ${name}()`
}

/** Whether the table has such a type. */
export const isKnownType = (typeName: string): boolean => schemaTable().types.has(typeName)
