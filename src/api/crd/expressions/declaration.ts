import { type CelType, listOf, mapOf, structOf, Types } from '../../cel/type.ts'
import { hasCelType } from '../rule-walk.ts'
import { additionalOf, hasDefault, isIntOrString, itemsOf, propertyOf, type Schema } from '../schema.ts'
import { escapeName, isReserved, unescapeName } from './escaping.ts'
import { partSchema } from './resource-schema.ts'

/** The largest request that the API server takes: no value is larger. */
export const MAX_REQUEST_BYTES = 3 * 1024 * 1024
/** Bytes of a text's content where nothing limits it: without the quotes. */
const MAX_TEXT = MAX_REQUEST_BYTES - 2

/** How a string of a format appears to rules, and how many bytes of JSON it takes at least and at most. */
const FORMATS: Readonly<Record<string, { type: CelType; minBytes: number; maxElements: number }>> = {
  duration: { type: Types.duration, minBytes: 3, maxElements: 32 },
  date: { type: Types.timestamp, minBytes: 12, maxElements: 12 },
  'date-time': { type: Types.timestamp, minBytes: 21, maxElements: 32 },
}

/**
 * A schema as rules see it: the type, and limits of the values' sizes. Parts are looked at when they are asked for, as rules
 * see few parts of a large schema. Only for schemas that `hasCelType`. Upstream: DeclType.
 */
export class Declaration {
  readonly #schema: Schema
  readonly #name: string
  readonly #parts = new Map<string, Declaration | undefined>()
  #type: CelType | undefined

  /** `name`: how errors call the type, if it is one of objects. */
  constructor(schema: Schema, name: string) {
    this.#schema = schema
    this.#name = name
  }

  get type(): CelType {
    this.#type ??= this.#typeOfSchema()
    return this.#type
  }

  /** Most elements, members, bytes or characters that a value can have. */
  get maxElements(): number {
    return maxElements(this.#schema)
  }

  /** A part, as paths in expressions name them: an escaped property, `@items`, `@values`, `@keys`. */
  part(step: string): Declaration | undefined {
    if (!this.#parts.has(step)) this.#parts.set(step, this.#partOf(step))
    return this.#parts.get(step)
  }

  #partOf(step: string): Declaration | undefined {
    const { type } = this.#schema
    if (isIntOrString(this.#schema)) return undefined
    const additional = additionalOf(this.#schema)
    if (step === '@items' || step === '@values') {
      const inner = type === 'array' ? itemsOf(this.#schema) : type === 'object' ? additional : undefined
      return inner && new Declaration(partSchema(inner), `${this.#name}.${type === 'array' ? '@idx' : '@elem'}`)
    }
    if (type !== 'object') return undefined
    if (additional) return step === '@keys' ? KEY : undefined
    const name = unescapeName(step)
    const property = name === undefined || !isNameOf(step, name) ? undefined : propertyOf(this.#schema, name)
    return property && hasCelType(property) ? new Declaration(partSchema(property), `${this.#name}.${step}`) : undefined
  }

  #typeOfSchema(): CelType {
    if (isIntOrString(this.#schema)) return Types.dyn
    switch (this.#schema.type) {
      case 'array':
        return listOf(this.#typeOfPart('@items'))
      case 'object':
        if (additionalOf(this.#schema)) return mapOf(Types.string, this.#typeOfPart('@values'))
        return structOf(this.#name, { get: (field) => this.part(field)?.type })
      case 'boolean':
        return Types.bool
      case 'number':
        return Types.double
      case 'integer':
        return Types.int
      default:
        return textType(this.#schema)
    }
  }

  #typeOfPart(step: string): CelType {
    return this.part(step)?.type ?? Types.dyn
  }
}

/** Words that CEL reserves may be used as they are. */
const isNameOf = (step: string, name: string): boolean => escapeName(name) === step || isReserved(step)

/** Keys of maps have no limit that a schema could tell. */
const KEY = {
  type: Types.string,
  maxElements: 0,
  part: () => undefined,
} as unknown as Declaration

function textType({ format }: Schema): CelType {
  if (format === 'byte') return Types.bytes
  return FORMATS[format ?? '']?.type ?? Types.string
}

function maxElements(schema: Schema): number {
  if (isIntOrString(schema)) return maxText(schema)
  switch (schema.type) {
    case 'array': {
      const items = itemsOf(schema)
      return positive(schema.maxItems) ?? Math.floor(MAX_TEXT / (minBytes(items && partSchema(items)) + 1))
    }
    case 'object': {
      const additional = additionalOf(schema)
      if (!additional) return 0
      return positive(schema.maxProperties) ?? Math.floor(MAX_TEXT / (minBytes(partSchema(additional)) + 6))
    }
    case 'string':
      return maxText(schema)
    default:
      return 0
  }
}

/** A character may take four bytes. */
function maxText(schema: Schema): number {
  const { format = '', enum: values = [] } = schema
  const limit = positive(schema.maxLength)
  const known = isIntOrString(schema) ? undefined : FORMATS[format]
  if (known) return known.maxElements
  if (limit !== undefined) return format === 'byte' ? limit : limit * 4
  if (values.length === 0 || format === 'byte' || isIntOrString(schema)) return MAX_TEXT
  return Math.max(0, ...values.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0)))
}

const positive = (limit: number | undefined): number | undefined =>
  limit === undefined ? undefined : Math.max(limit, 0)

const sizes = new WeakMap<Schema, number>()

/** The fewest bytes of JSON that a value of this schema takes. */
export function minBytes(schema: Schema | undefined): number {
  if (!schema || isIntOrString(schema)) return 1
  const known = sizes.get(schema)
  if (known !== undefined) return known
  const size = countedMinBytes(schema)
  sizes.set(schema, size)
  return size
}

function countedMinBytes(schema: Schema): number {
  switch (schema.type) {
    case 'object':
      return additionalOf(schema) ? 2 : 2 + requiredBytes(schema)
    case 'boolean':
      return 4
    case 'number':
    case 'integer':
      return 1
    case 'string':
      return FORMATS[schema.format ?? '']?.minBytes ?? 2
    default:
      return 2
  }
}

/** Required members with their names; what has a default need not be sent. */
function requiredBytes(schema: Schema): number {
  let bytes = 0
  for (const name of schema.required ?? []) {
    const property = propertyOf(schema, name)
    if (!property || hasDefault(property) || !hasCelType(property)) continue
    bytes += Buffer.byteLength(name) + minBytes(partSchema(property)) + 4
  }
  return bytes
}
