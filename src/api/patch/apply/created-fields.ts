import { DEDUCED_MAP, LEAF, type ListMapType, type MergeType, type ObjectType, type SetType } from '../../merge-type.ts'
import { isObject, type JsonObject, sameJson } from '../json-value.ts'
import { compare } from './compare.ts'
import { type FieldSet, ordered, union } from './field-set.ts'

/** Steps that are kept at most: those of some sixty templates of pods, about 300 KB. */
const MAX_STEPS = 4096

/** Longer names and keys are rarely met again. */
const MAX_TOKEN_LENGTH = 256

/**
 * The fields of new objects. These depend on which members an object has, not on their values, and most objects are made of
 * a few templates: so what was worked out for one is found again for the next by following its members, and shared.
 */
export class CreatedFields {
  readonly #type: MergeType
  readonly #empty: JsonObject
  readonly #owned: (fields: FieldSet) => FieldSet
  #root = new Step(undefined)
  #steps = 0

  /** `empty` is an object before anything was set in it; `owned` leaves out of a set what is not to be in it. */
  constructor(type: MergeType, empty: JsonObject, owned: (fields: FieldSet) => FieldSet) {
    this.#type = type
    this.#empty = empty
    this.#owned = owned
  }

  /** In upstream's order, frozen at the top. Throws ElementError when an item of a list has no key. */
  of(object: JsonObject): FieldSet {
    const step = this.#follow(object)
    if (!step) return this.#workOut(object)
    step.fields ??= this.#workOut(object)
    return step.fields
  }

  #workOut(object: JsonObject): FieldSet {
    const { added, modified } = compare(this.#type, this.#empty, object)
    return Object.freeze(ordered(this.#owned(union(modified, added))))
  }

  /** Undefined for an object whose shape cannot be told by its tokens. */
  #follow(object: JsonObject): Step | undefined {
    if (this.#steps > MAX_STEPS) {
      this.#root = new Step(undefined)
      this.#steps = 0
    }
    return this.#value(this.#root, this.#type, object, this.#empty)
  }

  /** `empty` is what an empty object has here: what differs from it is set. */
  #value(at: Step, type: MergeType, value: unknown, empty: unknown): Step | undefined {
    if (empty !== undefined && sameJson(empty, value)) return this.#next(at, SAME)
    switch (type.kind) {
      case 'leaf':
        return at
      case 'object':
        return this.#members(at, type, value, empty)
      case 'deduced':
        if (isObject(value) || value === null) return this.#members(at, DEDUCED_MAP, value, empty)
        return this.#next(at, SCALAR)
      case 'set':
      case 'list-map':
        return this.#items(at, type, value, empty)
    }
  }

  #members(at: Step, type: ObjectType, value: unknown, empty: unknown): Step | undefined {
    let step: Step | undefined = at
    if (isObject(value)) {
      for (const name in value) {
        const member = value[name]
        if (member === undefined) continue
        step = this.#next(step, name)
        step &&= this.#value(step, type.field(name) ?? LEAF, member, isObject(empty) ? empty[name] : undefined)
        if (!step) return undefined
      }
    }
    return this.#next(step, END)
  }

  #items(at: Step, type: SetType | ListMapType, value: unknown, empty: unknown): Step | undefined {
    if (Array.isArray(empty) && empty.length > 0) return undefined
    let step: Step | undefined = at
    for (const item of Array.isArray(value) ? value : []) {
      step = type.kind === 'set' ? this.#next(step, item) : this.#item(step, type, item)
      if (!step) return undefined
    }
    return this.#next(step, END)
  }

  #item(at: Step, { keys, element }: ListMapType, item: unknown): Step | undefined {
    if (!isObject(item)) return undefined
    let step: Step | undefined = this.#next(at, ITEM)
    for (const key of keys) step &&= this.#next(step, item[key] === undefined ? NO_KEY : item[key])
    return step && this.#value(step, element, item, undefined)
  }

  #next(at: Step, token: unknown): Step | undefined {
    const known = at.find(token)
    if (known) return known
    if (!isToken(token)) return undefined
    this.#steps++
    return at.add(token)
  }
}

/** What the walk through an object meets: a name, a key, an item of a set, or one of the marks below. */
type Token = string | number | boolean | symbol

const SAME = Symbol('as in an empty object')
const SCALAR = Symbol('no map where one could be')
const ITEM = Symbol('an item with keys')
const NO_KEY = Symbol('a key that an item leaves out')
const END = Symbol('of a map or a list')

const isToken = (value: unknown): value is Token =>
  typeof value === 'string'
    ? value.length <= MAX_TOKEN_LENGTH
    : typeof value === 'symbol' || typeof value === 'number' || typeof value === 'boolean'

/** A place on the way through objects that begin alike; most have one way on. */
class Step {
  readonly #token: Token | undefined
  /** Of an object that ends here. */
  fields: FieldSet | undefined
  #next: Step | undefined
  #others: Map<unknown, Step> | undefined

  constructor(token: Token | undefined) {
    this.#token = token
  }

  find(token: unknown): Step | undefined {
    const next = this.#next
    return next !== undefined && next.#token === token ? next : this.#others?.get(token)
  }

  add(token: Token): Step {
    const step = new Step(token)
    if (!this.#next) {
      this.#next = step
      return step
    }
    this.#others ??= new Map()
    this.#others.set(token, step)
    return step
  }
}
