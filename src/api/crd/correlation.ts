import { sameJson } from '../patch/json-value.ts'
import { isObject, itemsOf, type JsonObject, memberOf, type Schema } from './schema.ts'

/**
 * A value and what it was before an update, so far as the schema tells which belongs to which: members of objects by name,
 * items of map lists by their keys. Comparisons are remembered, and so are the parts. Upstream: CorrelatedObject.
 */
export class Correlation {
  readonly #value: unknown
  readonly #old: unknown
  readonly #schema: Schema
  readonly #parts = new Map<string | number, Correlation>()
  #oldItems: MapList | undefined
  #unchanged: boolean | undefined

  constructor(value: unknown, old: unknown, schema: Schema) {
    this.#value = value
    this.#old = old
    this.#schema = schema
  }

  /** Undefined where the member is new, gone, or has no schema. */
  key(name: string): Correlation | undefined {
    const known = this.#parts.get(name)
    if (known) return known
    const { value, old } = { value: this.#value, old: this.#old }
    if (!isObject(value) || !isObject(old) || !Object.hasOwn(value, name) || !Object.hasOwn(old, name)) return undefined
    const schema = memberOf(this.#schema, name)
    return schema && this.#part(name, value[name], old[name], schema)
  }

  /** Undefined where the list is no map list, or had no such item. */
  index(index: number): Correlation | undefined {
    const known = this.#parts.get(index)
    if (known) return known
    const schema = itemsOf(this.#schema)
    if (!schema || !Array.isArray(this.#value) || index >= this.#value.length) return undefined
    const item = this.#value[index]
    const old = this.#mapList()?.get(item)
    return old && this.#part(index, item, old, schema)
  }

  /** Equal to what it was. Parts without a schema are never taken for equal. */
  isUnchanged(): boolean {
    this.#unchanged ??= this.#compare()
    return this.#unchanged
  }

  #part(step: string | number, value: unknown, old: unknown, schema: Schema): Correlation {
    const part = new Correlation(value, old, schema)
    this.#parts.set(step, part)
    return part
  }

  #mapList(): MapList | undefined {
    if (!Array.isArray(this.#old)) return undefined
    this.#oldItems ??= MapList.of(this.#schema, this.#old)
    return this.#oldItems
  }

  #compare(): boolean {
    const value = this.#value
    const old = this.#old
    if (Array.isArray(value) && Array.isArray(old)) return this.#sameItems(value, old)
    if (isObject(value) && isObject(old)) {
      const keys = Object.keys(value)
      return keys.length === Object.keys(old).length && keys.every((name) => this.key(name)?.isUnchanged() === true)
    }
    return sameJson(value, old)
  }

  #sameItems(value: readonly unknown[], old: readonly unknown[]): boolean {
    if (value.length !== old.length) return false
    if (this.#schema['x-kubernetes-list-type'] !== 'map') return sameJson(value, old)
    return value.every((_, index) => this.index(index)?.isUnchanged() === true)
  }
}

/** The items of a list by the keys that its schema names. The first of several with the same keys counts. */
export class MapList {
  readonly #keys: readonly string[]
  readonly #items = new Map<string, JsonObject>()

  private constructor(keys: readonly string[], items: readonly unknown[]) {
    this.#keys = keys
    for (const item of items) {
      const key = this.#keyOf(item)
      if (key !== undefined && !this.#items.has(key)) this.#items.set(key, item as JsonObject)
    }
  }

  /** Undefined for what is no map list. */
  static of(schema: Schema, items: readonly unknown[]): MapList | undefined {
    const keys = schema['x-kubernetes-list-map-keys'] ?? []
    if (schema.type !== 'array' || schema['x-kubernetes-list-type'] !== 'map' || keys.length === 0) return undefined
    return new MapList(keys, items)
  }

  get(item: unknown): JsonObject | undefined {
    const key = this.#keyOf(item)
    return key === undefined ? undefined : this.#items.get(key)
  }

  /** Undefined for an item without one of the keys, or with one that is no scalar. */
  #keyOf(item: unknown): string | undefined {
    if (!isObject(item)) return undefined
    let text = ''
    for (const key of this.#keys) {
      const value = Object.hasOwn(item, key) ? item[key] : undefined
      if (value === undefined || value === null || typeof value === 'object') return undefined
      text += `${JSON.stringify(value)}\0`
    }
    return text
  }
}
