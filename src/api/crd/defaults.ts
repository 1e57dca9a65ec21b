import { copyOf, setMember } from '../patch/json-value.ts'
import { additionalOf, hasDefault, isObject, itemsOf, type JsonObject, type Schema } from './schema.ts'
import { sortedCopy, sortedKeys } from './sorted.ts'

/** What stands for a member or an item that is missing or, where null is not allowed, null. */
interface Slot {
  /** Undefined: there is no default here, but maybe further down. */
  readonly value: unknown
  readonly nullable: boolean
  readonly below: Defaults | undefined
}

/** The defaults of a schema; parts of it without any are not walked. Upstream: defaulting.Default. */
export class Defaults {
  readonly #properties: ReadonlyMap<string, Slot>
  /** The names of those properties that have a default, sorted. */
  readonly #defaulted: readonly string[]
  /** For members that are no declared properties; undeclared ones of a schema with properties only have no slot. */
  readonly #additional: Slot | undefined
  readonly #declared: Schema['properties']
  readonly #items: Slot | undefined

  private constructor(schema: Schema, properties: ReadonlyMap<string, Slot>, additional?: Slot, items?: Slot) {
    this.#properties = properties
    this.#defaulted = [...properties].filter(([, slot]) => slot.value !== undefined).map(([name]) => name)
    this.#declared = schema.properties
    this.#additional = additional
    this.#items = items
  }

  /** Undefined where nothing in the schema has a default. */
  static of(schema: Schema): Defaults | undefined {
    const properties = new Map<string, Slot>()
    for (const name of sortedKeys(schema.properties ?? {})) {
      const slot = slotOf(schema.properties?.[name])
      if (slot) properties.set(name, slot)
    }
    const additional = slotOf(additionalOf(schema))
    const items = slotOf(itemsOf(schema))
    if (properties.size === 0 && !additional && !items) return undefined
    return new Defaults(schema, properties, additional, items)
  }

  /** The value with its defaults filled in: changed in place, or rebuilt where members would come out of order. */
  fill(value: unknown): unknown {
    if (Array.isArray(value)) {
      if (this.#items) for (let index = 0; index < value.length; index++) fillItem(value, index, this.#items)
      return value
    }
    return isObject(value) ? this.#fillObject(value) : value
  }

  #fillObject(given: JsonObject): JsonObject {
    const object = this.#withMissing(given)
    for (const key of Object.keys(object)) {
      const slot = this.#slotFor(key)
      if (!slot) continue
      const value = object[key]
      const present = value === null && !slot.nullable && slot.value !== undefined ? copyOf(slot.value) : value
      const filled = slot.below ? slot.below.fill(present) : present
      if (filled !== value) setMember(object, key, filled)
    }
    return object
  }

  #slotFor(key: string): Slot | undefined {
    const slot = this.#properties.get(key)
    if (slot || !this.#additional) return slot
    return this.#declared && Object.hasOwn(this.#declared, key) ? undefined : this.#additional
  }

  #withMissing(object: JsonObject): JsonObject {
    const missing = this.#defaulted.filter((name) => !Object.hasOwn(object, name))
    if (missing.length === 0) return object
    const keys = Object.keys(object)
    const last = keys.at(-1)
    const inOrder = last === undefined || (missing[0] as string) > last
    const target: JsonObject = inOrder ? object : {}
    for (const key of inOrder ? missing : [...keys, ...missing].sort()) {
      setMember(target, key, Object.hasOwn(object, key) ? object[key] : copyOf(this.#properties.get(key)?.value))
    }
    return target
  }
}

function fillItem(list: unknown[], index: number, { value, nullable, below }: Slot): void {
  const item = list[index]
  const present = item === null && !nullable && value !== undefined ? copyOf(value) : item
  list[index] = below ? below.fill(present) : present
}

function slotOf(schema: Schema | undefined): Slot | undefined {
  if (!schema) return undefined
  const below = Defaults.of(schema)
  if (!below && !hasDefault(schema)) return undefined
  const value = hasDefault(schema) ? sortedCopy(schema.default) : undefined
  return { value, nullable: schema.nullable === true, below }
}
