import type { JsonSchema } from './schemas.ts'

/**
 * Writes an OpenAPI v2 document in the protobuf form that client-go asks for (gnostic's openapi.v2.Document). It has what
 * clients read: definitions with their extensions, and of each operation its kind, media types and parameters.
 */
export function encodeGnostic({ swagger, info, paths, definitions }: JsonSchema): Uint8Array {
  const { title, version } = info as { title: string; version: string }
  return Buffer.concat([
    text(1, swagger),
    message(2, text(1, title), text(2, version)),
    message(8, ...entries(paths).map(([path, item]) => named(2, path, pathItem(item as JsonSchema)))),
    message(9, ...namedSchemas(definitions)),
  ])
}

const WIRE_DOUBLE = 1
const WIRE_BYTES = 2

/** A base-128 number, seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}

function message(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([varint(field * 8 + WIRE_BYTES), varint(length), ...parts])
}

/** A string field; nothing for anything else. */
const text = (field: number, value: unknown): Buffer =>
  typeof value === 'string' && value !== '' ? message(field, Buffer.from(value)) : NOTHING

const texts = (field: number, values: unknown): Buffer =>
  Buffer.concat(list(values).map((value) => message(field, Buffer.from(String(value)))))

function double(field: number, value: unknown): Buffer {
  if (typeof value !== 'number') return NOTHING
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([varint(field * 8 + WIRE_DOUBLE), bytes])
}

const integer = (field: number, value: unknown): Buffer =>
  typeof value === 'number' ? Buffer.concat([varint(field * 8), varint(value)]) : NOTHING

const flag = (field: number, value: unknown): Buffer => integer(field, value === true ? 1 : undefined)

const NOTHING = Buffer.alloc(0)

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const entries = (value: unknown): [string, unknown][] => Object.entries((value ?? {}) as JsonSchema)

/** A map entry: {name = 1, value = 2}. */
const named = (field: number, name: string, ...value: readonly Uint8Array[]): Buffer =>
  message(field, text(1, name), message(2, ...value))

/** Free values travel as YAML, of which JSON is a part. */
const any = (field: number, value: unknown): Buffer => message(field, text(2, JSON.stringify(value)))

const extensions = (field: number, holder: JsonSchema): Buffer[] =>
  entries(holder)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => message(field, text(1, name), any(2, value)))

const namedSchemas = (schemas: unknown): Buffer[] =>
  entries(schemas).map(([name, schema]) => named(1, name, schemaParts(schema as JsonSchema)))

function schemaParts(schema: JsonSchema): Buffer {
  const { properties, items, additionalProperties, type } = schema
  return Buffer.concat([
    text(1, schema.$ref),
    text(2, schema.format),
    text(4, schema.description),
    ...(schema.default === undefined ? [] : [any(5, schema.default)]),
    double(7, schema.maximum),
    double(9, schema.minimum),
    integer(14, schema.maxItems),
    texts(19, schema.required),
    ...list(schema.enum).map((value) => any(20, value)),
    ...(additionalProperties ? [message(21, message(1, schemaParts(additionalProperties as JsonSchema)))] : []),
    ...(type === undefined ? [] : [message(22, text(1, type))]),
    ...(items ? [message(23, message(1, schemaParts(items as JsonSchema)))] : []),
    ...(properties ? [message(25, ...namedSchemas(properties))] : []),
    ...extensions(31, schema),
  ])
}

const METHOD_FIELDS: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, patch: 8 }

function pathItem(item: JsonSchema): Buffer {
  const operations = entries(METHOD_FIELDS).filter(([method]) => item[method] !== undefined)
  return Buffer.concat([
    ...operations.map(([method, field]) => message(field as number, operation(item[method] as JsonSchema))),
    ...list(item.parameters).map((entry) => parameter(9, entry as JsonSchema)),
  ])
}

function operation(item: JsonSchema): Buffer {
  return Buffer.concat([
    text(3, item.description),
    text(5, item.operationId),
    texts(6, item.produces),
    texts(7, item.consumes),
    ...list(item.parameters).map((entry) => parameter(8, entry as JsonSchema)),
    texts(10, item.schemes),
    ...extensions(13, item),
  ])
}

/** In ParametersItem, Parameter and NonBodyParameter alike, the field number says which alternative it is. */
function parameter(field: number, { name, in: place, description, required, type, schema }: JsonSchema): Buffer {
  if (place === 'body') {
    const body = [text(2, name), text(3, place), message(5, schemaParts(schema as JsonSchema))]
    return message(field, message(1, message(1, ...body)))
  }
  const parts = [flag(1, required), text(2, place), text(3, description), text(4, name)]
  const typed = place === 'query' ? message(3, ...parts, text(6, type)) : message(4, ...parts, text(5, type))
  return message(field, message(1, message(2, typed)))
}
