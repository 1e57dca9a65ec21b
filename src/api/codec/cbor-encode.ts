import type { FieldSchema, FieldType } from '../schema/schema.ts'
import { typeSchema } from '../schema/schema.ts'
import { FALSE, Major, NULL, SELF_DESCRIBED, TRUE } from './cbor-head.ts'
import { CborWriter } from './cbor-writer.ts'
import { JSON_SCHEMA } from './protobuf-special.ts'

const writer = new CborWriter()
const BASE64 = 22
const INT64_END = 2 ** 63

/**
 * An object as upstream writes CBOR (apimachinery runtime/serializer/cbor): self-described; texts and member names as byte
 * strings, members in the order of their encoded names, numbers in their shortest form. With the name of a type of the
 * schema table its bytes go out as such and not in base64, and its floating-point fields as floating-point numbers.
 */
export function encodeCbor(value: unknown, typeName?: string): Buffer<ArrayBuffer> {
  return whole(() => write(value, typeName === undefined ? undefined : { ref: typeName }))
}

/** A map of these members, whose values are encoded already: an event of a watch, the beginning of a list. */
export function encodeCborMap(members: Readonly<Record<string, Uint8Array>>): Buffer<ArrayBuffer> {
  return whole(() => {
    const names = Object.keys(members).sort(byEncoding)
    writer.head(Major.Map, names.length)
    for (const name of names) {
      writer.text(name)
      writer.raw(members[name] as Uint8Array)
    }
  })
}

/** The head of an array of so many items, which follow. */
export function cborArrayHead(items: number): Buffer<ArrayBuffer> {
  return finished(() => writer.head(Major.Array, items))
}

/** A value within something else: without the mark at its beginning. */
export function encodeCborItem(value: unknown, typeName?: string): Buffer<ArrayBuffer> {
  return finished(() => write(value, typeName === undefined ? undefined : { ref: typeName }))
}

function whole(content: () => void): Buffer<ArrayBuffer> {
  return finished(() => {
    writer.raw(SELF_DESCRIBED)
    content()
  })
}

/** Encoding is synchronous and one writer serves all; a failure leaves nothing behind in it. */
function finished(content: () => void): Buffer<ArrayBuffer> {
  try {
    content()
    return writer.take()
  } finally {
    writer.reset()
  }
}

function write(value: unknown, type: FieldType | undefined): void {
  switch (typeof value) {
    case 'string':
      return type === 'bytes' ? writeBytes(value) : writer.text(value)
    case 'number':
      return type === 'double' || !isInt64(value) ? writer.float(value) : writeInteger(value)
    case 'bigint':
      return writeInteger(value)
    case 'boolean':
      return writer.byte(value ? TRUE : FALSE)
    case 'object':
      if (value === null) return writer.byte(NULL)
      return Array.isArray(value) ? writeArray(value, type) : writeMap(value, type)
    default:
      throw new TypeError(`a ${typeof value} has no CBOR form`)
  }
}

const isInt64 = (value: number): boolean => Number.isInteger(value) && value < INT64_END && value >= -INT64_END

function writeInteger(value: number | bigint): void {
  if (value >= 0) return writer.head(Major.Unsigned, value)
  writer.head(Major.Negative, typeof value === 'number' ? -1 - value : -1n - value)
}

/** Text formats show bytes in base64: that is what the tag says. */
function writeBytes(base64: string): void {
  const bytes = Buffer.from(base64, 'base64')
  writer.head(Major.Tag, BASE64)
  writer.head(Major.Bytes, bytes.length)
  writer.raw(bytes)
}

function writeArray(items: readonly unknown[], type: FieldType | undefined): void {
  const element = typeof type === 'object' && 'list' in type ? type.list : type
  writer.head(Major.Array, items.length)
  for (const item of items) write(item, element)
}

function writeMap(map: object, type: FieldType | undefined): void {
  const members = map as Readonly<Record<string, unknown>>
  const names = Object.keys(map).filter((name) => members[name] !== undefined)
  names.sort(byEncoding)
  writer.head(Major.Map, names.length)
  const typeOf = memberTypes(type)
  for (const name of names) {
    writer.text(name)
    write(members[name], typeOf(name))
  }
}

const untyped = (): undefined => undefined

function memberTypes(type: FieldType | undefined): (name: string) => FieldType | undefined {
  if (typeof type !== 'object' || 'list' in type) return untyped
  if ('map' in type) return () => type.map
  const fields = fieldsOf(type.ref)
  return fields.size === 0 ? untyped : (name) => fields.get(name)
}

const known = new Map<string, ReadonlyMap<string, FieldType>>()

/** The fields of a type whose encoding depends on what they are, by name. */
function fieldsOf(typeName: string): ReadonlyMap<string, FieldType> {
  let fields = known.get(typeName)
  if (!fields) {
    const all = (typeSchema(typeName).fields ?? []).map((field) => [field.name, typeIn(typeName, field)] as const)
    fields = new Map(all.filter(([, type]) => hasOwnForm(type, new Set([typeName]))))
    known.set(typeName, fields)
  }
  return fields
}

/** Fields that are a schema or something else (see protobuf-special.ts) are taken for schemas: the others have no numbers. */
function typeIn(typeName: string, { name, type }: FieldSchema): FieldType {
  if (typeName !== JSON_SCHEMA || !SCHEMA_FIELDS.has(name)) return type
  return name === 'dependencies' ? { map: { ref: JSON_SCHEMA } } : { ref: JSON_SCHEMA }
}

const SCHEMA_FIELDS: ReadonlySet<string> = new Set(['items', 'additionalItems', 'additionalProperties', 'dependencies'])

/** Whether there are bytes or floating-point numbers somewhere within; `above` are the types that this is part of. */
function hasOwnForm(type: FieldType, above: Set<string>): boolean {
  if (typeof type === 'string') return type === 'bytes' || type === 'double'
  if ('list' in type) return hasOwnForm(type.list, above)
  if ('map' in type) return hasOwnForm(type.map, above)
  if (above.has(type.ref)) return true // part of itself: looked at when it comes
  const { fields, scalar } = typeSchema(type.ref)
  if (!fields) return scalar === 'bytes' || scalar === 'double'
  above.add(type.ref)
  return fields.some((field) => hasOwnForm(field.type, above))
}

/** Encoded names: shorter ones first, then by their bytes (RFC 8949, 4.2.1, where lengths come before contents). */
function byEncoding(left: string, right: string): number {
  const sizes = Buffer.byteLength(left) - Buffer.byteLength(right)
  if (sizes !== 0) return sizes
  if (left.length === right.length && !SURROGATE.test(left) && !SURROGATE.test(right)) return left < right ? -1 : 1
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}
const SURROGATE = /[\ud800-\udfff]/
