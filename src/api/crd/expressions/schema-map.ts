import { equals } from '../../cel/values/equals.ts'
import { noSuchOverload } from '../../cel/values/evaluation-error.ts'
import { MapValue } from '../../cel/values/map.ts'
import type { Value } from '../../cel/values/value.ts'
import { sameJson } from '../../patch/json-value.ts'
import { type JsonObject, propertyOf, type Schema } from '../schema.ts'
import { escapeName, unescapeName } from './escaping.ts'
import { schemaValue } from './schema-value.ts'

/** An object with declared properties, under their escaped names. What is not declared only counts for its size. */
export class SchemaObject extends MapValue {
  readonly #raw: JsonObject
  readonly #schema: Schema

  constructor(raw: JsonObject, schema: Schema) {
    super()
    this.#raw = raw
    this.#schema = schema
  }

  override get size(): number {
    return Object.keys(this.#raw).length
  }

  override *keys(): Iterable<Value> {
    for (const name of Object.keys(this.#raw)) {
      if (propertyOf(this.#schema, name)) yield escapeName(name) ?? name
    }
  }

  /** Members that are not declared are compared as they are, with those of the same name. */
  override equalsInOwnWay(other: MapValue): boolean {
    if (other instanceof SchemaObject && other.#schema === this.#schema && sameJson(this.#raw, other.#raw)) return true
    for (const [name, raw] of Object.entries(this.#raw)) {
      if (propertyOf(this.#schema, name)) {
        if (!sameValue(this.find(escapeName(name) ?? name), other.find(escapeName(name) ?? name))) return false
        continue
      }
      if (!(other instanceof SchemaObject)) throw noSuchOverload()
      if (Object.hasOwn(other.#raw, name) && !sameJson(raw, other.#raw[name])) return false
    }
    return true
  }

  /** A property that is null counts as missing. */
  override find(key: Value): Value | undefined {
    if (typeof key !== 'string') throw noSuchOverload()
    const name = unescapeName(key)
    const property = name === undefined ? undefined : propertyOf(this.#schema, name)
    if (!property || !Object.hasOwn(this.#raw, name as string)) return undefined
    const raw = this.#raw[name as string]
    return raw === null || raw === undefined ? undefined : schemaValue(raw, property)
  }
}

const sameValue = (a: Value | undefined, b: Value | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equals(a, b)

/** A map from names of one's choice to values of one schema. */
export class SchemaMap extends MapValue {
  readonly #raw: JsonObject
  readonly #values: Schema

  constructor(raw: JsonObject, values: Schema) {
    super()
    this.#raw = raw
    this.#values = values
  }

  override get size(): number {
    return Object.keys(this.#raw).length
  }

  override keys(): Iterable<Value> {
    return Object.keys(this.#raw)
  }

  override find(key: Value): Value | undefined {
    if (typeof key !== 'string') throw noSuchOverload()
    return Object.hasOwn(this.#raw, key) ? schemaValue(this.#raw[key], this.#values) : undefined
  }
}
