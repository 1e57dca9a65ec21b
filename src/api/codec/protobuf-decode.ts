import { canonicalQuantity } from '../quantity.ts'
import type { FieldSchema, FieldType, ScalarType } from '../schema/schema.ts'
import { typeSchema } from '../schema/schema.ts'
import { type ProtobufField, protobufLayout } from './protobuf-layout.ts'
import { ProtobufReader } from './protobuf-reader.ts'
import { JSON_SCHEMA, type SpecialMessage, specialMessage } from './protobuf-special.ts'
import { durationText, intOrString, quantityText, rawJson, timeText } from './protobuf-values.ts'

/** Reads the fields of the current message up to its end. */
type MessageReader = (reader: ProtobufReader, kind?: string, apiVersion?: string) => Record<string, unknown>
/** Reads one value; `before` is what earlier occurrences of the field came to, for lists and maps. */
type ValueReader = (reader: ProtobufReader, before?: unknown) => unknown

/**
 * A message of a type of the schema table as the normalised object that its JSON would decode to: fields in the order of
 * the type, zero values dropped or written by its rules, quantities canonical. Fields that the table does not know are
 * passed over, as Go's generated code does. `typeMeta` is what the envelope says.
 */
export function decodeMessage(
  typeName: string,
  bytes: Uint8Array,
  typeMeta: { kind?: string; apiVersion?: string } = {},
): Record<string, unknown> {
  return readerOf(typeName).read(new ProtobufReader(bytes), typeMeta.kind, typeMeta.apiVersion)
}

const readers = new Map<string, { read: MessageReader }>()

/** Types refer to each other, also in circles: a box compiles its reader when that is first called. */
function readerOf(typeName: string): { read: MessageReader } {
  let box = readers.get(typeName)
  if (!box) {
    const made: { read: MessageReader } = {
      read: (reader, kind, apiVersion) => {
        made.read = compile(typeName)
        return made.read(reader, kind, apiVersion)
      },
    }
    box = made
    readers.set(typeName, box)
  }
  return box
}

/** One local variable a field, filled in the order of the bytes, then written in the order of the type (see compile.ts). */
function compile(typeName: string): MessageReader {
  const { fields, type } = protobufLayout(typeName)
  const functions: Record<string, unknown> = {}
  const all = type.fields ?? []
  const locals = all.map((_, index) => `v${index}`)
  const loop = loopCode(typeName, fields, functions, '    ')
  const output = all.map((field, index) => outputCode(typeName, field, index, functions)).join('')
  const code = `return function read(reader, kind, apiVersion) {
    ${locals.length > 0 ? `let ${locals.join(', ')}` : ''}
${loop}    const output = {}
${output}    return output
  }`
  return new Function(...Object.keys(functions), code)(...Object.values(functions)) as MessageReader
}

function loopCode(
  typeName: string,
  fields: readonly ProtobufField[],
  functions: Record<string, unknown>,
  indent: string,
): string {
  const cases = fields.map((entry) => {
    if ('field' in entry) {
      return `${indent}    case ${entry.number}: ${readCode(typeName, entry, functions)}; break\n`
    }
    const outer = `outer${indent.length}_${entry.number}`
    const inner = loopCode(typeName, entry.nested, functions, `${indent}    `)
    return `${indent}    case ${entry.number}: {\n      const ${outer} = reader.enter()\n${inner}      reader.leave(${outer})\n      break\n    }\n`
  })
  return `${indent}while (reader.next()) {\n${indent}  switch (reader.number) {\n${cases.join('')}${indent}    default: reader.skip()\n${indent}  }\n${indent}}\n`
}

function readCode(
  typeName: string,
  { field, index }: Extract<ProtobufField, { field: FieldSchema }>,
  functions: Record<string, unknown>,
): string {
  const special = specialMessage(typeName, field)
  if (special === undefined) {
    if (field.type === 'string') return `v${index} = reader.text()`
    if (field.type === 'bool') return `v${index} = reader.integer() !== 0`
    if (field.type === 'int32') return `v${index} = reader.integer()`
    if (field.type === 'int64') return `v${index} = reader.integer64()`
  }
  functions[`read${index}`] = fieldReader(field.type, special)
  return `v${index} = read${index}(reader, v${index})`
}

/** What the zero rule of JSON leaves of a value. */
function outputCode(typeName: string, field: FieldSchema, index: number, functions: Record<string, unknown>): string {
  const target = `output[${JSON.stringify(field.name)}]`
  const value = `v${index}`
  if (field.proto === undefined) {
    const isTypeMeta = field.name === 'kind' || field.name === 'apiVersion'
    return isTypeMeta ? `    if (${field.name}) ${target} = ${field.name}\n` : ''
  }
  const zero = zeroOf(typeName, field, functions, `zero${index}`)
  switch (field.zero) {
    case 'drop': {
      const isZero = zeroTest(field.type, value)
      return `    if (${value} !== undefined && ${value} !== null${isZero === '' ? '' : ` && !(${isZero})`}) ${target} = ${value}\n`
    }
    case 'keep':
      return `    if (${value} !== undefined && ${value} !== null) ${target} = ${value}\n`
    case 'null':
      return `    ${target} = ${value} === undefined ? null : ${value}\n`
    case 'write':
      return `    ${target} = ${value} === undefined ? ${zero} : ${value}\n`
  }
}

function zeroTest(type: FieldType, value: string): string {
  if (type === 'string' || type === 'bytes') return `${value} === ''`
  if (type === 'bool') return `!${value}`
  return type === 'int32' || type === 'int64' || type === 'double' ? `${value} === 0` : ''
}

/** Code for what is written where nothing came. */
function zeroOf(typeName: string, field: FieldSchema, functions: Record<string, unknown>, name: string): string {
  const { type } = field
  if (typeof type === 'string') return ZERO_CODE[type] ?? 'null'
  if ('list' in type || 'map' in type) return 'null'
  if (specialMessage(typeName, field) === 'empty') return '{}'
  const box = readerOf(type.ref)
  functions[name] = () => box.read(new ProtobufReader(NOTHING))
  return `${name}()`
}

const NOTHING = new Uint8Array()

const ZERO_CODE: Partial<Record<ScalarType, string>> = {
  string: `''`,
  bool: 'false',
  int32: '0',
  int64: '0',
  double: '0',
  quantity: `'0'`,
  'int-or-string': '0',
  duration: `'0s'`,
}

function fieldReader(type: FieldType, special: SpecialMessage | undefined): ValueReader {
  if (typeof type === 'object' && 'map' in type) return mapReader(type.map, valueReader(type.map, special))
  if (typeof type === 'object' && 'list' in type && special !== 'items') return listReader(type.list, special)
  return valueReader(type, special)
}

function listReader(type: FieldType, special: SpecialMessage | undefined): ValueReader {
  if (type === 'int32' || type === 'int64') {
    return (reader, before) => {
      const list = (before ?? []) as number[]
      reader.integers(list)
      return list
    }
  }
  const element = valueReader(type, special)
  return (reader, before) => {
    const list = (before ?? []) as unknown[]
    list.push(element(reader))
    return list
  }
}

/** {key = 1, value = 2}; both may be missing when they are zero. */
function mapReader(type: FieldType, element: ValueReader): ValueReader {
  const missing = (): unknown => (type === 'string' || type === 'bytes' ? '' : element(emptyMessage()))
  return (reader, before) => {
    const map = (before ?? {}) as Record<string, unknown>
    let key = ''
    let value: unknown
    const outer = reader.enter()
    while (reader.next()) {
      if (reader.number === 1) key = reader.text()
      else if (reader.number === 2) value = element(reader)
      else reader.skip()
    }
    reader.leave(outer)
    setOwn(map, key, value === undefined ? missing() : value)
    return map
  }
}

/** A reader at a field of no bytes. */
function emptyMessage(): ProtobufReader {
  const reader = new ProtobufReader(Buffer.from([(1 << 3) | 2, 0]))
  reader.next()
  return reader
}

/** `__proto__` is a key like any other. */
function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') map[key] = value
  else Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true })
}

function valueReader(type: FieldType, special: SpecialMessage | undefined): ValueReader {
  if (special !== undefined) return SPECIAL_READERS[special]
  if (typeof type === 'string') return SCALAR_READERS[type]
  if (!('ref' in type)) throw new Error('lists and maps within others are special messages')
  const { fields, scalar, name } = typeSchema(type.ref)
  return fields ? messageReader(name) : SCALAR_READERS[scalar ?? 'any']
}

function messageReader(typeName: string): ValueReader {
  const box = readerOf(typeName)
  return (reader) => {
    const outer = reader.enter()
    const message = box.read(reader)
    reader.leave(outer)
    return message
  }
}

const SCALAR_READERS: Record<ScalarType, ValueReader> = {
  string: (reader) => reader.text(),
  bool: (reader) => reader.integer() !== 0,
  int32: (reader) => reader.integer(),
  int64: (reader) => reader.integer64(),
  double: (reader) => reader.double(),
  bytes: (reader) => reader.base64(),
  time: (reader) => timeText(reader, 0),
  'date-time': (reader) => timeText(reader, 0),
  microtime: (reader) => timeText(reader, 6),
  duration: durationText,
  quantity: (reader) => canonicalQuantity(quantityText(reader)),
  'int-or-string': intOrString,
  object: rawJson,
  any: rawJson,
}

const SPECIAL_READERS: Record<SpecialMessage, ValueReader> = {
  raw: rawJson,
  empty: (reader) => {
    reader.skip()
    return {}
  },
  items: (reader) => {
    const items: string[] = []
    inside(reader, (number) => (number === 1 ? items.push(reader.text()) : reader.skip()))
    return items
  },
  schemaOrArray: (reader) => {
    let schema: unknown
    const schemas: unknown[] = []
    inside(reader, (number) => {
      if (number === 1) schema = readSchema(reader)
      else if (number === 2) schemas.push(readSchema(reader))
      else reader.skip()
    })
    return schema ?? schemas
  },
  schemaOrBool: (reader) => {
    let schema: unknown
    let allows = false
    inside(reader, (number) => {
      if (number === 1) allows = reader.integer() !== 0
      else if (number === 2) schema = readSchema(reader)
      else reader.skip()
    })
    return schema ?? allows
  },
  schemaOrStrings: (reader) => {
    let schema: unknown
    const names: string[] = []
    inside(reader, (number) => {
      if (number === 1) schema = readSchema(reader)
      else if (number === 2) names.push(reader.text())
      else reader.skip()
    })
    return schema ?? names
  },
}

function inside(reader: ProtobufReader, field: (number: number) => void): void {
  const outer = reader.enter()
  while (reader.next()) field(reader.number)
  reader.leave(outer)
}

const readSchema: ValueReader = (reader) => messageReader(JSON_SCHEMA)(reader)
