import { equals } from '../../cel/values/equals.ts'
import { EvaluationError } from '../../cel/values/evaluation-error.ts'
import { ArrayList, ListValue } from '../../cel/values/list.ts'
import { MapValue } from '../../cel/values/map.ts'
import { Timestamp } from '../../cel/values/timestamp.ts'
import type { Value } from '../../cel/values/value.ts'
import { sameJson } from '../../patch/json-value.ts'
import { itemsOf, type Schema } from '../schema.ts'
import { escapeName } from './escaping.ts'
import { schemaValue } from './schema-value.ts'

/** What tells elements of a set or map list apart; undefined for lists by position. */
type KeyOf = (element: Value) => string

/** A list of a schema. Sets and lists by key are equal in any order, and join without duplicates. */
export class SchemaList extends ListValue {
  readonly #raw: readonly unknown[]
  readonly #items: Schema
  readonly #keyOf: KeyOf | undefined

  constructor(raw: readonly unknown[], schema: Schema) {
    super()
    this.#raw = raw
    const items = itemsOf(schema)
    if (!items) throw new EvaluationError('invalid array type, expected Items with a non-empty Schema')
    this.#items = items
    this.#keyOf = keyOf(schema)
  }

  override get size(): number {
    return this.#raw.length
  }

  override at(index: number): Value {
    return schemaValue(this.#raw[index], this.#items)
  }

  override concat(other: ListValue): ListValue {
    return this.#keyOf ? KeyedList.merged(this, other, this.#keyOf) : super.concat(other)
  }

  override equalsInOwnWay(other: ListValue): boolean | undefined {
    if (other instanceof SchemaList && other.#items === this.#items && sameJson(this.#raw, other.#raw)) return true
    return this.#keyOf && sameByKey(this, other, this.#keyOf)
  }
}

/** What joining a set or a list by key makes: elements keep their places, later ones of the same key win. */
class KeyedList extends ArrayList {
  readonly #keyOf: KeyOf

  private constructor(items: readonly Value[], key: KeyOf) {
    super(items)
    this.#keyOf = key
  }

  static merged(list: ListValue, other: ListValue, key: KeyOf): KeyedList {
    const items = new Map<string, Value>()
    for (const element of [...list, ...other]) items.set(key(element), element)
    return new KeyedList([...items.values()], key)
  }

  override concat(other: ListValue): ListValue {
    return KeyedList.merged(this, other, this.#keyOf)
  }

  override equalsInOwnWay(other: ListValue): boolean {
    return sameByKey(this, other, this.#keyOf)
  }
}

/** Of the same size: each has an equal of the same key in the other. */
function sameByKey(list: ListValue, other: ListValue, key: KeyOf): boolean {
  const byKey = new Map([...list].map((element) => [key(element), element]))
  const seen = new Set<string>()
  for (const element of other) {
    const its = key(element)
    const mine = byKey.get(its)
    if (mine === undefined || !equals(mine, element)) return false
    seen.add(its)
  }
  return seen.size === byKey.size
}

function keyOf(schema: Schema): KeyOf | undefined {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return scalarKey
    case 'map': {
      const fields = (schema['x-kubernetes-list-map-keys'] ?? []).map((name) => escapeName(name) ?? name)
      return (element) => fields.map((field) => memberKey(element, field)).join('\0')
    }
    default:
      return undefined
  }
}

function memberKey(element: Value, field: string): string {
  const value = element instanceof MapValue ? element.find(field) : undefined
  return value === undefined ? '' : scalarKey(value)
}

function scalarKey(value: Value): string {
  if (value instanceof ListValue || value instanceof MapValue) {
    throw new EvaluationError('listSet operations are only supported on lists of scalar values')
  }
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (value instanceof Timestamp) return `time ${value.nanos}`
  return `${typeof value} ${value}`
}
