import { EvaluationError, noSuchOverload } from './evaluation-error.ts'
import { Uint } from './uint.ts'
import type { Value } from './value.ts'

/** A map of values; objects of a schema are maps as well. */
export abstract class MapValue {
  abstract readonly size: number
  abstract keys(): Iterable<Value>
  /** Undefined where there is no such key. */
  abstract find(key: Value): Value | undefined

  /** How an object of a schema compares with others, where not by its entries. */
  equalsInOwnWay(_other: MapValue): boolean | undefined {
    return undefined
  }
}

/** Keys that are equal have the same primitive: `1` and `1u` and `1.0` are one key. */
export function primitiveKey(key: Value): string | bigint | boolean | undefined {
  if (typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean') return key
  if (key instanceof Uint) return key.value
  return typeof key === 'number' && Number.isSafeInteger(key) ? BigInt(key) : undefined
}

/** A map that an expression made. */
export class EntryMap extends MapValue {
  readonly #entries = new Map<string | bigint | boolean, readonly [Value, Value]>()

  override get size(): number {
    return this.#entries.size
  }

  override *keys(): Iterable<Value> {
    for (const [key] of this.#entries.values()) yield key
  }

  override find(key: Value): Value | undefined {
    const primitive = primitiveKey(key)
    return primitive === undefined ? undefined : this.#entries.get(primitive)?.[1]
  }

  /** For the maker of a map, before anyone else sees it. Throws EvaluationError on keys that are none or there already. */
  insert(key: Value, value: Value): void {
    const primitive = primitiveKey(key)
    if (primitive === undefined || typeof key === 'number') throw noSuchOverload()
    if (this.#entries.has(primitive)) throw new EvaluationError(`insert failed: key ${primitive} already exists`)
    this.#entries.set(primitive, [key, value])
  }

  /** A literal's later entry wins. */
  set(key: Value, value: Value): void {
    const primitive = primitiveKey(key)
    if (primitive === undefined) throw new EvaluationError('unsupported key type')
    this.#entries.set(primitive, [key, value])
  }

  copy(): EntryMap {
    const copy = new EntryMap()
    for (const [key, value] of this.#entries.values()) copy.set(key, value)
    return copy
  }
}
