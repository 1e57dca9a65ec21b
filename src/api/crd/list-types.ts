import { duplicate, type FieldError, invalid } from '../field-error.ts'
import { additionalOf, isObject, itemsOf, type JsonObject, type Schema } from './schema.ts'
import { sortedCopy } from './sorted.ts'

/** The sets and map lists of a schema; parts of it without any are not walked. Upstream: listtype.ValidateListSetsAndMaps. */
export class ListTypes {
  readonly #properties: ReadonlyMap<string, ListTypes>
  readonly #declared: Schema['properties']
  readonly #additional: ListTypes | undefined
  readonly #items: ListTypes | undefined
  /** Undefined: items may be the same. `set`: told apart as a whole, else by these members. */
  readonly #keys: readonly string[] | 'set' | undefined

  private constructor(schema: Schema, properties: ReadonlyMap<string, ListTypes>, keys?: readonly string[] | 'set') {
    this.#properties = properties
    this.#declared = schema.properties
    const additional = additionalOf(schema)
    const items = itemsOf(schema)
    this.#additional = additional && ListTypes.of(additional)
    this.#items = items && ListTypes.of(items)
    this.#keys = keys
  }

  /** Undefined where the schema has no set and no map list. */
  static of(schema: Schema): ListTypes | undefined {
    const properties = new Map<string, ListTypes>()
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const below = ListTypes.of(property)
      if (below) properties.set(name, below)
    }
    const keys = keysOf(schema)
    const types = new ListTypes(schema, properties, keys)
    return keys || properties.size > 0 || types.#additional || types.#items ? types : undefined
  }

  /** Duplicates in a value at this place; `path` is '' at the root. */
  validate(value: unknown, path: string, errors: FieldError[]): void {
    if (Array.isArray(value)) this.#list(value, path, errors)
    else if (isObject(value)) this.#object(value, path, errors)
  }

  #object(object: JsonObject, path: string, errors: FieldError[]): void {
    for (const key of Object.keys(object)) {
      const property = this.#properties.get(key)
      if (property) property.validate(object[key], path === '' ? key : `${path}.${key}`, errors)
      else if (this.#additional && !(this.#declared && Object.hasOwn(this.#declared, key))) {
        this.#additional.validate(object[key], `${path}[${key}]`, errors)
      }
    }
  }

  #list(list: readonly unknown[], path: string, errors: FieldError[]): void {
    if (this.#keys === 'set') errors.push(...duplicates(list, path))
    else if (this.#keys) errors.push(...mapListErrors(list, this.#keys, path))
    if (this.#items)
      list.forEach((item, index) => {
        this.#items?.validate(item, `${path}[${index}]`, errors)
      })
  }
}

function keysOf(schema: Schema): readonly string[] | 'set' | undefined {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return 'set'
    case 'map':
      return schema['x-kubernetes-list-map-keys'] ?? []
    default:
      return undefined
  }
}

/** One error for each value that comes again, at its second place. */
function duplicates(values: readonly unknown[], path: string): FieldError[] {
  if (values.length <= 1) return []
  const errors: FieldError[] = []
  const seen = new Map<string, number>()
  values.forEach((value, index) => {
    const text = JSON.stringify(sortedCopy(value))
    const times = (seen.get(text) ?? 0) + 1
    seen.set(text, times)
    if (times === 2) errors.push(duplicate(`${path}[${index}]`, value))
  })
  return errors
}

function mapListErrors(list: readonly unknown[], keys: readonly string[], path: string): FieldError[] {
  const other = list.findIndex((item) => item !== null && !isObject(item))
  if (other >= 0) {
    return [invalid(`${path}[${other}]`, list[other], 'must be an object for an array of list-type map')]
  }
  return duplicates(
    list.map((item) => keyOf(item, keys)),
    path,
  )
}

function keyOf(item: unknown, keys: readonly string[]): JsonObject {
  if (!isObject(item)) return {}
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(item, key)).map((key) => [key, item[key]]))
}
