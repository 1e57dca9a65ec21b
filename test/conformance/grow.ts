import { type FieldSchema, type FieldType, type ScalarType, typeSchema } from '../../src/api/schema/schema.ts'
import { randomNumbers } from '../../src/testing/random-object.ts'

type Json = Record<string, unknown>

/** Tells whether a server would take an object, and what it would make of it: undefined when it refuses. */
export type Trial = (object: Json) => Promise<Json | undefined>

const MAX_DEPTH = 9
const TEXTS = ['a', 'web-0', 'example.com/a', '10.1.2.3', '/srv/a', 'https://example.com/']

/**
 * Grows a valid object: field after field of its type gets a random value, and stays when the server takes the object and
 * keeps the field. So the result is valid by the server's own rules, whatever they are, and random beyond them.
 */
export async function grow(
  typeName: string,
  seed: Json,
  { attempts, number, trial }: { attempts: number; number: number; trial: Trial },
): Promise<Json> {
  const values = new Values(number)
  let grown = seed
  for (let attempt = 0; attempt < attempts; attempt++) {
    const next = structuredClone(grown)
    if (!values.extend(typeName, next)) continue
    const answer = await trial(next)
    if (answer !== undefined && covers(next, answer)) grown = next
  }
  return grown
}

/** Whether everything in `sent` is in `answer`, which may have more. */
export function covers(sent: unknown, answer: unknown): boolean {
  if (typeof sent !== 'object' || sent === null) return sent === answer
  if (typeof answer !== 'object' || answer === null) return false
  if (Array.isArray(sent) !== Array.isArray(answer)) return false
  return Object.entries(sent).every(([name, value]) => covers(value, (answer as Json)[name]))
}

class Values {
  readonly #next: () => number

  constructor(number: number) {
    this.#next = randomNumbers(number)
  }

  /** Gives a field that the object lacks, somewhere within it, a value; false when it found none. */
  extend(typeName: string, object: Json, depth = 0): boolean {
    const { fields = [] } = typeSchema(typeName)
    const present = fields.filter(({ name, type }) => object[name] !== undefined && structsOf(type))
    if (depth === 0 || (present.length > 0 && this.#next() < 0.7)) {
      if (this.#inside(present, object, depth)) return true
    }
    const missing = fields.filter(({ name }) => object[name] === undefined && !(depth === 0 && SYSTEM.has(name)))
    if (missing.length === 0 || depth > MAX_DEPTH) return false
    const field = this.#pick(missing)
    object[field.name] = this.#field(field, depth)
    return true
  }

  #inside(present: readonly FieldSchema[], object: Json, depth: number): boolean {
    const usable = present.filter(({ name }) => !(depth === 0 && SYSTEM.has(name)))
    if (usable.length === 0) return false
    const field = this.#pick(usable)
    let value = object[field.name]
    if (typeof field.type === 'object' && !('ref' in field.type)) {
      const names = Object.keys(value as object)
      if (names.length === 0) return false
      value = (value as Json)[this.#pick(names)]
    }
    const struct = structsOf(field.type)
    if (!struct || typeof value !== 'object' || value === null) return false
    return this.extend(struct, value as Json, depth + 1)
  }

  #field({ type, values, minimum }: FieldSchema, depth: number): unknown {
    if (values && values.length > 0 && type === 'string') return this.#pick(values)
    const value = this.#value(type, depth)
    return typeof value === 'number' && minimum !== undefined ? Math.max(value, minimum) : value
  }

  #value(type: FieldType, depth: number): unknown {
    if (typeof type === 'string') return this.#scalar(type)
    if ('list' in type) return [this.#value(type.list, depth + 1)]
    if ('map' in type) return { a: this.#value(type.map, depth + 1) }
    const { fields, scalar } = typeSchema(type.ref)
    if (!fields) return this.#scalar(scalar ?? 'any')
    const object: Json = {}
    for (const field of fields) {
      const isGiven = field.required || (depth < MAX_DEPTH && this.#next() < 0.3)
      if (isGiven) object[field.name] = this.#field(field, depth + 1)
    }
    return object
  }

  #scalar(type: ScalarType): unknown {
    switch (type) {
      case 'bool':
        return this.#next() < 0.7
      case 'int32':
      case 'int64':
        return Math.floor(this.#next() * 100)
      case 'double':
        return 0.5
      case 'bytes':
        return 'AQI='
      case 'time':
      case 'date-time':
        return '2026-01-02T03:04:05Z'
      case 'microtime':
        return '2026-01-02T03:04:05.000006Z'
      case 'duration':
        return '5s'
      case 'quantity':
        return this.#pick(['1', '100m', '1Gi'])
      case 'int-or-string':
        return this.#pick([80, '25%', 'http'])
      case 'object':
      case 'any':
        return { a: [1, 'b', null] }
      case 'string':
        return this.#pick(TEXTS)
    }
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#next() * choices.length)] as T
  }
}

/** What the server sets at the top of an object itself, and what tells kinds apart. */
const SYSTEM: ReadonlySet<string> = new Set(['kind', 'apiVersion', 'status', 'metadata'])

/** The struct behind a field, or behind the elements of its list or map. */
function structsOf(type: FieldType): string | undefined {
  if (typeof type === 'string') return undefined
  if ('list' in type) return structsOf(type.list)
  if ('map' in type) return structsOf(type.map)
  return typeSchema(type.ref).fields ? type.ref : undefined
}
