import { CelType, isDynamic, isOptional, listOf, mapOf, Types, typeOf } from '../type.ts'

/** What the type parameters of an expression stand for, as far as it is known. */
export class Bindings {
  #types: ReadonlyMap<string, CelType> = new Map()
  #made = 0

  /** A parameter that nothing is known of. */
  fresh(): CelType {
    return new CelType('param', `_var${this.#made++}`)
  }

  /** Can values of the one be used as the other, all at once; what parameters then have to be is kept. */
  assign(from: readonly CelType[], to: readonly CelType[]): boolean {
    const attempt = new Attempt(this.#types)
    if (!attempt.assignAll(from, to)) return false
    this.#types = attempt.types
    return true
  }

  /** The type with all that is known put in. `asDyn`: the rest may be anything. */
  resolve(type: CelType, asDyn = false): CelType {
    const known = type.kind === 'param' ? this.#types.get(type.name) : undefined
    if (known) return this.resolve(known, asDyn)
    if (type.kind === 'param') return asDyn ? Types.dyn : type
    return type.parameters.length === 0 ? type : this.#withParameters(type, asDyn)
  }

  #withParameters(type: CelType, asDyn: boolean): CelType {
    const [first = Types.dyn, second = Types.dyn] = type.parameters.map((parameter) => this.resolve(parameter, asDyn))
    switch (type.kind) {
      case 'list':
        return listOf(first)
      case 'map':
        return mapOf(first, second)
      case 'type':
        return typeOf(first)
      default:
        return new CelType(type.kind, type.name, [first])
    }
  }
}

/** An overload's type with parameters of its own, as each call has to find out about them anew. */
export function renamed(type: CelType, names: ReadonlyMap<string, CelType>): CelType {
  if (type.kind === 'param') return names.get(type.name) ?? type
  if (type.parameters.length === 0) return type
  return new CelType(
    type.kind,
    type.name,
    type.parameters.map((parameter) => renamed(parameter, names)),
  )
}

/** Of two types that fit together, the one that says less. */
export const mostGeneral = (a: CelType, b: CelType): CelType => (isLessSpecific(a, b) ? a : b)

function isLessSpecific(a: CelType, b: CelType): boolean {
  if (a.kind === 'dyn' || a.kind === 'param') return true
  if (b.kind === 'dyn' || b.kind === 'param' || a.kind !== b.kind) return false
  if (a.kind === 'type') return true
  if (a.parameters.length === 0) return a.is(b)
  return a.name === b.name && a.parameters.every((parameter, index) => isLessSpecific(parameter, b.parameter(index)))
}

const NULLABLE = new Set(['opaque', 'struct', 'duration', 'timestamp', 'null'])

class Attempt {
  readonly types: Map<string, CelType>

  constructor(types: ReadonlyMap<string, CelType>) {
    this.types = new Map(types)
  }

  assignAll(from: readonly CelType[], to: readonly CelType[]): boolean {
    return from.length === to.length && from.every((type, index) => this.#assign(type, to[index] as CelType))
  }

  #assign(from: CelType, to: CelType): boolean {
    if (to.kind === 'param') {
      const bound = this.#bind(from, to)
      if (bound !== 'unbound') return bound
    }
    if (from.kind === 'param') return this.#bind(to, from) === true
    if (isDynamic(from) || isDynamic(to)) return true
    if (from.kind === 'null') return NULLABLE.has(to.kind)
    if (to.kind === 'null') return NULLABLE.has(from.kind)
    if (from.kind !== to.kind) return false
    if (from.kind === 'type') return true
    if (from.kind === 'struct') return from.name === to.name
    return from.name === to.name && this.assignAll(from.parameters, to.parameters)
  }

  /** `unbound`: the parameter has no type yet, and cannot have this one as it is within it. */
  #bind(type: CelType, parameter: CelType): boolean | 'unbound' {
    if (type.kind === 'param' && type.name === parameter.name) return true
    const known = this.types.get(parameter.name)
    if (known) {
      if (type.is(known)) return true
      if (!this.#assign(type, known)) return false
      this.#learn(parameter, mostGeneral(type, known))
      return true
    }
    return this.#learn(parameter, type) || 'unbound'
  }

  #learn(parameter: CelType, type: CelType): boolean {
    if (this.#isWithin(parameter, type)) return false
    this.types.set(parameter.name, type)
    return true
  }

  #isWithin(parameter: CelType, type: CelType): boolean {
    if (type.kind === 'param') {
      if (type.name === parameter.name) return true
      const known = this.types.get(type.name)
      return known !== undefined && this.#isWithin(parameter, known)
    }
    return type.parameters.some((inner) => this.#isWithin(parameter, inner))
  }
}

/** What an optional type may hold, and of every other type the type itself. */
export const unwrapped = (type: CelType): CelType => (isOptional(type) ? type.parameter(0) : type)
