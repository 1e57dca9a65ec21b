import type { FieldSchema, FieldType, ScalarType } from '../schema/schema.ts'
import { typeSchema } from '../schema/schema.ts'
import { Reason, StatusError } from '../status-error.ts'
import { type ProtobufField, protobufLayout } from './protobuf-layout.ts'
import { JSON_SCHEMA, type SpecialMessage, specialMessage } from './protobuf-special.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

/** Writes the fields of a message, without its length. */
// biome-ignore lint/suspicious/noExplicitAny: generated code reads the properties that the table names
type MessageWriter = (writer: ProtobufWriter, value: any) => void
/** Writes one value as a field: tag, length, content. */
// biome-ignore lint/suspicious/noExplicitAny: what the table says it is
type ValueWriter = (writer: ProtobufWriter, tag: number, value: any) => void

/** Begins every protobuf body (apimachinery runtime/serializer/protobuf). */
export const PROTOBUF_MAGIC = Buffer.from('k8s\0')

const writers = new Map<string, { write: MessageWriter }>()
const scratch = new ProtobufWriter()

/**
 * A normalised object of a type of the schema table as Go's generated code writes it: fields in the order of their
 * numbers, values that are no pointers always, map keys sorted. Throws 406 rather than lose a field that has no number.
 */
export function encodeMessage(typeName: string, object: object): Buffer<ArrayBuffer> {
  return written((writer) => writerOf(typeName).write(writer, object))
}

/** A whole body: magic and runtime.Unknown {typeMeta = 1 {apiVersion = 1, kind = 2}, raw = 2, encoding = 3, type = 4}. */
export function encodeBody(
  { apiVersion, kind }: { apiVersion: string; kind: string },
  typeName: string,
  object: object,
): Buffer<ArrayBuffer> {
  return written((writer) => {
    writeEnvelope(writer, { apiVersion, kind }, () => writerOf(typeName).write(writer, object))
  })
}

/** A body around a message that is encoded already. */
export function envelope(typeMeta: { apiVersion: string; kind: string }, raw: Uint8Array): Buffer<ArrayBuffer> {
  return written((writer) => writeEnvelope(writer, typeMeta, () => writer.raw(raw)))
}

function writeEnvelope(
  writer: ProtobufWriter,
  { apiVersion, kind }: { apiVersion: string; kind: string },
  message: () => void,
): void {
  writer.text(TAG_4, '')
  writer.text(TAG_3, '')
  const before = writer.length
  message()
  writer.close(TAG_2, before)
  const meta = writer.length
  writer.text(TAG_2, kind)
  writer.text(TAG_1, apiVersion)
  writer.close(TAG_1, meta)
  writer.raw(PROTOBUF_MAGIC)
}

/** Encoding is synchronous and one writer serves all; a failure leaves nothing behind in it. */
export function written(write: (writer: ProtobufWriter) => void): Buffer<ArrayBuffer> {
  try {
    write(scratch)
    return scratch.take()
  } finally {
    scratch.reset()
  }
}

const WIRE_DOUBLE = 1
const WIRE_BYTES = 2
const TAG_1 = (1 << 3) | WIRE_BYTES
const TAG_2 = (2 << 3) | WIRE_BYTES
const TAG_3 = (3 << 3) | WIRE_BYTES
const TAG_4 = (4 << 3) | WIRE_BYTES
const VARINT_1 = 1 << 3
const VARINT_2 = 2 << 3

/** Types refer to each other, also in circles: a box compiles its writer when that is first called. */
function writerOf(typeName: string): { write: MessageWriter } {
  let box = writers.get(typeName)
  if (!box) {
    const made: { write: MessageWriter } = {
      write: (writer, value) => {
        made.write = compile(typeName)
        made.write(writer, value)
      },
    }
    box = made
    writers.set(typeName, box)
  }
  return box
}

/** Straight-line code, one property access a field, for the reasons given in compile.ts. */
function compile(typeName: string): MessageWriter {
  const { fields, unnumbered } = protobufLayout(typeName)
  const functions: Record<string, unknown> = { refuse: (field: string) => refuseUnnumbered(typeName, field) }
  const guards = unnumbered.map((name) => {
    const text = JSON.stringify(name)
    return `    if (object[${text}] !== undefined && object[${text}] !== null) refuse(${text})\n`
  })
  const body = messageCode(typeName, fields, functions)
  const code = `return function write(writer, object) {\n    let value\n${guards.join('')}${body}  }`
  return new Function(...Object.keys(functions), code)(...Object.values(functions)) as MessageWriter
}

function refuseUnnumbered(typeName: string, field: string): never {
  const goType = typeName.split('.').slice(-2).join('.')
  throw new StatusError({
    code: 406,
    reason: Reason.NotAcceptable,
    message: `object *${goType} cannot be encoded to a protobuf message: field ${field} has no protobuf number`,
  })
}

function messageCode(
  typeName: string,
  fields: readonly ProtobufField[],
  functions: Record<string, unknown>,
  depth = 0,
): string {
  const parts = fields.toReversed().map((entry) => {
    if ('field' in entry) return fieldCode(typeName, entry, functions)
    const before = `before${depth}_${entry.number}`
    const inner = messageCode(typeName, entry.nested, functions, depth + 1)
    return `    const ${before} = writer.length\n${inner}    writer.close(${(entry.number << 3) | WIRE_BYTES}, ${before})\n`
  })
  return parts.join('')
}

function fieldCode(
  typeName: string,
  { number, field, index }: Extract<ProtobufField, { field: FieldSchema }>,
  functions: Record<string, unknown>,
): string {
  const tag = (number << 3) | wireOf(field.type)
  const special = specialMessage(typeName, field)
  const read = `    value = object[${JSON.stringify(field.name)}]\n`
  const name = `write${index}`
  if (special === undefined && field.type === 'string') return read + guarded(field, `writer.text(${tag}, value)`, `''`)
  functions[name] = fieldWriter(field.type, special)
  return read + guarded(field, `${name}(writer, ${tag}, value)`, zeroCode(field.type, special))
}

/** Values that are no pointers are written always, lists and maps as far as there is something in them. */
function guarded({ zero, type }: FieldSchema, write: string, zeroValue: string | undefined): string {
  const isPointer = zero === 'keep' || (zero === 'null' && type !== 'time' && type !== 'microtime')
  const given = 'value !== undefined && value !== null'
  if (isPointer || zeroValue === undefined) return `    if (${given}) ${write}\n`
  return `    if (!(${given})) value = ${zeroValue}\n    ${write}\n`
}

/** The zero value of what is always written, as code; undefined for what can be nil. */
function zeroCode(type: FieldType, special: SpecialMessage | undefined): string | undefined {
  if (typeof type === 'object') return 'list' in type || 'map' in type ? undefined : 'undefined'
  if (special !== undefined) return 'undefined'
  return ZERO_CODE[type]
}

const ZERO_CODE: Partial<Record<ScalarType, string>> = {
  string: `''`,
  bool: 'false',
  int32: '0',
  int64: '0',
  double: '0',
  quantity: `'0'`,
  'int-or-string': '0',
  time: 'undefined',
  microtime: 'undefined',
  'date-time': 'undefined',
  duration: `'0s'`,
}

function wireOf(type: FieldType): number {
  if (typeof type === 'object') return 'list' in type ? wireOf(type.list) : WIRE_BYTES
  if (type === 'double') return WIRE_DOUBLE
  return type === 'bool' || type === 'int32' || type === 'int64' ? 0 : WIRE_BYTES
}

function fieldWriter(type: FieldType, special: SpecialMessage | undefined): ValueWriter {
  if (typeof type === 'object' && 'map' in type) return mapWriter(valueWriter(type.map, special), type.map)
  if (typeof type === 'object' && 'list' in type && special !== 'items') {
    return listWriter(valueWriter(type.list, special))
  }
  return valueWriter(type, special)
}

function valueWriter(type: FieldType, special: SpecialMessage | undefined): ValueWriter {
  if (special !== undefined) return SPECIAL_WRITERS[special]
  if (typeof type === 'string') return SCALAR_WRITERS[type]
  const { fields, scalar, name } = typeSchema((type as { ref: string }).ref)
  if (!fields) return SCALAR_WRITERS[scalar ?? 'any']
  const box = writerOf(name)
  return (writer, tag, value) => {
    const before = writer.length
    box.write(writer, value ?? EMPTY)
    writer.close(tag, before)
  }
}

const EMPTY = Object.freeze({})

function listWriter(element: ValueWriter): ValueWriter {
  return (writer, tag, list: readonly unknown[]) => {
    for (let index = list.length - 1; index >= 0; index--) element(writer, tag, list[index])
  }
}

/** Entries {key = 1, value = 2} in the order of their keys; no value where Go has nil. */
function mapWriter(element: ValueWriter, type: FieldType): ValueWriter {
  const valueTag = (2 << 3) | wireOf(typeof type === 'object' && 'list' in type ? 'string' : type)
  return (writer, tag, map: Readonly<Record<string, unknown>>) => {
    const keys = Object.keys(map).sort(byCodePoint)
    for (let index = keys.length - 1; index >= 0; index--) {
      const key = keys[index] as string
      if (map[key] === undefined) continue // as JSON has it
      const before = writer.length
      if (map[key] !== null || type !== 'bytes') element(writer, valueTag, map[key])
      writer.text(TAG_1, key)
      writer.close(tag, before)
    }
  }
}

/** Go compares bytes of UTF-8, JavaScript units of UTF-16: they differ only where there are surrogates. */
function byCodePoint(left: string, right: string): number {
  if (!SURROGATE.test(left) && !SURROGATE.test(right)) return left < right ? -1 : 1
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}
const SURROGATE = /[\ud800-\udfff]/

const SCALAR_WRITERS: Record<ScalarType, ValueWriter> = {
  string: (writer, tag, value) => writer.text(tag, value ?? ''),
  bool: (writer, tag, value) => writer.bool(tag, value),
  int32: (writer, tag, value) => writer.integer(tag, value),
  int64: (writer, tag, value) => writer.integer(tag, value),
  double: (writer, tag, value) => writer.double(tag, value),
  bytes: (writer, tag, value) => writer.bytes(tag, Buffer.from(value, 'base64')),
  time: (writer, tag, value) => writeTime(writer, tag, value),
  'date-time': (writer, tag, value) => writeTime(writer, tag, value),
  microtime: (writer, tag, value) => writeTime(writer, tag, value),
  duration: (writer, tag, value) => writeDuration(writer, tag, value),
  quantity: (writer, tag, value) => writeText(writer, tag, String(value ?? '0')),
  'int-or-string': (writer, tag, value) => writeIntOrString(writer, tag, value),
  object: (writer, tag, value) => writeRaw(writer, tag, value),
  any: (writer, tag, value) => writeRaw(writer, tag, value),
}

/** {seconds = 1, nanos = 2}; the zero time is an empty message. metav1.Time has no nanos, MicroTime whole micros. */
function writeTime(writer: ProtobufWriter, tag: number, value: string | null | undefined): void {
  const before = writer.length
  if (value) {
    const point = value.indexOf('.')
    writer.integer(VARINT_2, point === -1 ? 0 : Number(value.slice(point + 1, -1).padEnd(9, '0')))
    writer.integer(VARINT_1, Math.floor(Date.parse(value) / 1000))
  }
  writer.close(tag, before)
}

/** {nanoseconds = 1}. */
function writeDuration(writer: ProtobufWriter, tag: number, value: string): void {
  const before = writer.length
  writer.integer(VARINT_1, nanoseconds(value))
  writer.close(tag, before)
}

const UNIT_NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** Go's notation: `1h30m0.5s`. */
function nanoseconds(text: string): number {
  let sum = 0
  for (const [, digits, unit] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(digits) * (UNIT_NS[unit as string] as number)
  }
  return Math.round(text.startsWith('-') ? -sum : sum)
}

/** A message of one string. */
function writeText(writer: ProtobufWriter, tag: number, value: string): void {
  const before = writer.length
  writer.text(TAG_1, value)
  writer.close(tag, before)
}

/** {type = 1, intVal = 2, strVal = 3}: type 0 is the number. */
function writeIntOrString(writer: ProtobufWriter, tag: number, value: number | string): void {
  const before = writer.length
  const isText = typeof value === 'string'
  writer.text(TAG_3, isText ? value : '')
  writer.integer(VARINT_2, isText ? 0 : value)
  writer.integer(VARINT_1, isText ? 1 : 0)
  writer.close(tag, before)
}

/** {raw = 1}: JSON text. */
function writeRaw(writer: ProtobufWriter, tag: number, value: unknown): void {
  const before = writer.length
  if (value !== undefined && value !== null) writer.text(TAG_1, JSON.stringify(value))
  writer.close(tag, before)
}

const SPECIAL_WRITERS: Record<SpecialMessage, ValueWriter> = {
  raw: writeRaw,
  empty: (writer, tag) => writer.close(tag, writer.length),
  items: (writer, tag, value: readonly string[] | null) => {
    const before = writer.length
    for (const item of (value ?? []).toReversed()) writer.text(TAG_1, item)
    writer.close(tag, before)
  },
  schemaOrArray: (writer, tag, value: object | readonly object[]) => {
    const before = writer.length
    if (Array.isArray(value)) for (const schema of value.toReversed()) writeSchema(writer, TAG_2, schema)
    else writeSchema(writer, TAG_1, value)
    writer.close(tag, before)
  },
  schemaOrBool: (writer, tag, value: object | boolean) => {
    const before = writer.length
    if (typeof value === 'object') writeSchema(writer, TAG_2, value)
    writer.bool(VARINT_1, value !== false)
    writer.close(tag, before)
  },
  schemaOrStrings: (writer, tag, value: object | readonly string[]) => {
    const before = writer.length
    if (Array.isArray(value)) for (const name of value.toReversed()) writer.text(TAG_2, name)
    else writeSchema(writer, TAG_1, value)
    writer.close(tag, before)
  },
}

function writeSchema(writer: ProtobufWriter, tag: number, schema: object): void {
  const before = writer.length
  writerOf(JSON_SCHEMA).write(writer, schema)
  writer.close(tag, before)
}
