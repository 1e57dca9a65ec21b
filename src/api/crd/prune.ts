import { DecodeError } from '../codec/decode-error.ts'
import type { FieldValidation } from '../codec/normalise.ts'
import { invalid } from '../field-error.ts'
import { setMember } from '../patch/json-value.ts'
import { decodeMeta, salvageMeta } from './object-meta.ts'
import {
  additionalOf,
  hasDefault,
  isEmbedded,
  isMetaField,
  itemsOf,
  type JsonObject,
  memberOf,
  preservesUnknown,
  propertyOf,
  type Schema,
} from './schema.ts'
import { sortedCopy, sortedKeys } from './sorted.ts'

export interface PruneOptions {
  /** Unknown fields are told unless this is `Ignore`. */
  readonly strict: FieldValidation
  /** For stored objects: what of embedded metadata cannot be read is left out instead of refused. */
  readonly lenient?: boolean
}

/**
 * Rebuilds a decoded custom resource as its schema has it: members sorted, unknown fields left out, nulls left out where
 * the schema neither allows them nor has a default, embedded metadata as ObjectMeta reads it. `apiVersion`, `kind` and
 * `metadata` of the root are the caller's. Upstream: pruning.Prune, PruneNonNullableNullsWithoutDefaults and
 * objectmeta.Coerce, in one walk.
 */
export class Pruning {
  readonly #options: PruneOptions
  readonly #path: string[] = []
  readonly #unknown: string[] = []
  readonly #unknownOfMeta: string[] = []

  constructor(options: PruneOptions) {
    this.#options = options
  }

  /** Paths of what was left out, in upstream's order. */
  get unknown(): string[] {
    return [...this.#unknown.sort(), ...this.#unknownOfMeta.sort()]
  }

  /** Everything of the root but its meta fields. Throws DecodeError for embedded resources that are none. */
  root(object: JsonObject, schema: Schema): JsonObject {
    return this.#object(object, schema, preservesUnknown(schema), true)
  }

  /** `keeps`: unknown fields of this value stay. */
  #value(value: unknown, schema: Schema | undefined, keeps: boolean): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return this.#list(value, schema, keeps)
    return this.#object(value as JsonObject, schema, keeps, false)
  }

  #list(list: readonly unknown[], schema: Schema | undefined, keeps: boolean): unknown[] {
    const items = schema && itemsOf(schema)
    if (keeps && !items) return list.map(sortedCopy)
    const keepsItems = keeps || (items !== undefined && preservesUnknown(items))
    return list.map((item, index) => {
      this.#path.push(`[${index}]`)
      const result = this.#value(item, items, keepsItems)
      this.#path.pop()
      return result
    })
  }

  #object(object: JsonObject, schema: Schema | undefined, keeps: boolean, isRoot: boolean): JsonObject {
    const result: JsonObject = {}
    const embedded = schema !== undefined && isEmbedded(schema)
    for (const key of sortedKeys(object)) {
      const value = object[key]
      if (isRoot && isMetaField(key)) continue
      if (value === null && schema && isForbiddenNull(memberOf(schema, key))) continue
      this.#path.push(isRoot ? key : `.${key}`)
      if (embedded && isMetaField(key)) this.#metaField(result, key, value)
      else this.#member(result, key, value, schema, keeps)
      this.#path.pop()
    }
    return result
  }

  #member(result: JsonObject, key: string, value: unknown, schema: Schema | undefined, keeps: boolean): void {
    const property = schema && propertyOf(schema, key)
    if (property) setMember(result, key, this.#value(value, property, preservesUnknown(property)))
    else if (schema?.additionalProperties !== undefined) {
      const values = additionalOf(schema)
      setMember(result, key, this.#value(value, values, values !== undefined && preservesUnknown(values)))
    } else if (keeps) setMember(result, key, sortedCopy(value))
    else this.#tell(this.#unknown, '')
  }

  /** A meta field of an embedded resource. */
  #metaField(result: JsonObject, key: string, value: unknown): void {
    const { strict, lenient } = this.#options
    if (key !== 'metadata') {
      if (typeof value === 'string') result[key] = value
      else if (!lenient) throw this.#refused(value, 'must be a string')
      return
    }
    if (lenient) result[key] = salvageMeta(value)
    else {
      const { metadata, unknown } = this.#decodedMeta(value, strict)
      result[key] = metadata
      for (const field of unknown) this.#tell(this.#unknownOfMeta, field.slice('metadata'.length))
    }
  }

  #decodedMeta(value: unknown, strict: FieldValidation) {
    try {
      return decodeMeta(value, strict)
    } catch (error) {
      if (error instanceof DecodeError) throw this.#refused(value, error.message)
      throw error
    }
  }

  #refused(value: unknown, why: string): DecodeError {
    const { field, message } = invalid(this.#path.join(''), value, why)
    return new DecodeError(`${field}: ${message}`)
  }

  #tell(list: string[], below: string): void {
    if (this.#options.strict !== 'Ignore') list.push(this.#path.join('') + below)
  }
}

const isForbiddenNull = (schema: Schema | undefined): boolean =>
  schema !== undefined && schema.nullable !== true && !hasDefault(schema)
