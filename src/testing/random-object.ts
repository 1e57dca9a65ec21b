import { type FieldSchema, type FieldType, type ScalarType, typeSchema } from '../api/schema/schema.ts'

export interface RandomOptions {
  /** The same seed gives the same object. */
  readonly seed: number
  /** How likely a field that is not required is given, 0 to 1; falls with the depth. */
  readonly density?: number
}

/** Types of which only the shape is known: free JSON. */
const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'

/**
 * A random object of a type of the schema table, as a client could send its JSON: every field is of its type, so it
 * decodes, but what the kind's validation says of it is another matter. With kind and apiVersion where the type is a kind.
 */
export function randomObject(typeName: string, { seed, density = 0.7 }: RandomOptions): Record<string, unknown> {
  return new RandomObjects(seed, density).object(typeName, 0)
}

/** A generator of numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const MAX_DEPTH = 7
const TEXTS = [
  '',
  'a',
  'web-0',
  'app.kubernetes.io/name',
  'grüße',
  '日本',
  '🚢',
  'x'.repeat(50),
  'line\nbreak "quoted" \\',
]
const QUANTITIES = ['0', '1', '100m', '1500m', '1Gi', '64Mi', '2k', '10', '250M', '1e3']
const BYTES = ['', 'AA==', 'aGVsbG8=', 'AP8H']

class RandomObjects {
  readonly #next: () => number
  readonly #density: number

  constructor(seed: number, density: number) {
    this.#next = randomNumbers(seed)
    this.#density = density
  }

  object(typeName: string, depth: number): Record<string, unknown> {
    const { fields = [], gvk } = typeSchema(typeName)
    const object: Record<string, unknown> = {}
    for (const field of fields) {
      if (gvk && (field.name === 'kind' || field.name === 'apiVersion')) continue
      if (!field.required && this.#next() > this.#density / (1 + depth / 2)) continue
      const value = this.#field(typeName, field, depth)
      if (value !== undefined) object[field.name] = value
    }
    const [named] = gvk ?? []
    if (!named || depth > 0 || !fields.some(({ name }) => name === 'kind')) return object
    const { group, version, kind } = named
    return { kind, apiVersion: group === '' ? version : `${group}/${version}`, ...object }
  }

  #field(typeName: string, field: FieldSchema, depth: number): unknown {
    if (typeName === JSON_SCHEMA && SCHEMA_FIELDS.has(field.name)) return this.#schemaField(field.name, depth)
    if (field.values && field.values.length > 0 && field.type === 'string') return this.#pick(field.values)
    const value = this.#value(field.type, depth)
    if (typeof value !== 'number') return value
    return Math.min(Math.max(value, field.minimum ?? value), field.maximum ?? value)
  }

  #value(type: FieldType, depth: number): unknown {
    if (typeof type === 'string') return this.#scalar(type)
    if ('list' in type) {
      return depth > MAX_DEPTH ? undefined : this.#times(() => this.#value(type.list, depth + 1) ?? {})
    }
    if ('map' in type) return depth > MAX_DEPTH ? undefined : this.#map(() => this.#value(type.map, depth + 1) ?? {})
    const { fields, scalar } = typeSchema(type.ref)
    if (!fields) return scalar === 'object' ? {} : this.#scalar(scalar ?? 'any')
    return depth > MAX_DEPTH ? undefined : this.object(type.ref, depth + 1)
  }

  #scalar(type: ScalarType): unknown {
    switch (type) {
      case 'string':
        return this.#pick(TEXTS)
      case 'bool':
        return this.#next() < 0.5
      case 'int32':
        return this.#integer(2 ** 31)
      case 'int64':
        return this.#integer(2 ** 53)
      case 'double':
        return this.#integer(1000) / 8
      case 'bytes':
        return this.#pick(BYTES)
      case 'time':
      case 'date-time':
        return `${this.#instant().slice(0, 19)}Z`
      case 'microtime':
        return `${this.#instant().slice(0, 19)}.${String(Math.floor(this.#next() * 1e6)).padStart(6, '0')}Z`
      case 'duration':
        return `${Math.floor(this.#next() * 1000)}s`
      case 'quantity':
        return this.#pick(QUANTITIES)
      case 'int-or-string':
        return this.#next() < 0.5 ? this.#integer(65_536) : this.#pick(['25%', 'http'])
      case 'object':
        return { 'f:spec': { 'f:replicas': {}, '.': {} }, n: this.#integer(100), list: [1, null, 'x'] }
      case 'any':
        return this.#pick(['text', 5, true, { a: [1, { b: null }] }, ['x', 2.5]])
    }
  }

  /** JSONSchemaProps has fields that are a schema or something else. */
  #schemaField(name: string, depth: number): unknown {
    if (depth > MAX_DEPTH) return undefined
    const schema = () => this.object(JSON_SCHEMA, depth + 2)
    if (name === 'items') return this.#next() < 0.5 ? schema() : [schema(), schema()]
    if (name === 'dependencies') return this.#map(() => (this.#next() < 0.5 ? schema() : ['a', 'b']))
    return this.#next() < 0.5 ? schema() : this.#next() < 0.5
  }

  #instant(): string {
    return new Date(Math.floor(this.#next() * 4e12) - 1e12).toISOString()
  }

  #integer(below: number): number {
    const size = this.#next() < 0.7 ? 100 : below
    const value = Math.floor(this.#next() * size)
    return this.#next() < 0.2 ? -value || 0 : value
  }

  #times<T>(make: () => T): T[] {
    const items = [make()]
    while (this.#next() < 0.4) items.push(make())
    return items
  }

  #map<T>(make: () => T): Record<string, T> {
    const entries = this.#times(make).map((value, index) => [`${this.#pick(TEXTS)}${index}`, value] as const)
    return Object.fromEntries(entries)
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#next() * choices.length)] as T
  }
}

const SCHEMA_FIELDS: ReadonlySet<string> = new Set(['items', 'additionalItems', 'additionalProperties', 'dependencies'])
