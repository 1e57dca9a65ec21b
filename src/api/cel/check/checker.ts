import type { Environment } from '../environment.ts'
import type { Overload } from '../functions/overload.ts'
import type { CallExpr, Expr, FoldExpr, ListExpr, MapExpr, SelectExpr } from '../syntax/ast.ts'
import type { SourceError } from '../syntax/source-error.ts'
import { type CelType, isDynamic, isOptional, listOf, mapOf, optionalOf, Types, typeOf } from '../type.ts'
import { Bindings, mostGeneral, renamed, unwrapped } from './bindings.ts'
import { literalType } from './literal-type.ts'
import { Scope } from './scope.ts'

/** What checking found out about an expression, by the ids of its nodes. */
export interface Checked {
  readonly types: ReadonlyMap<number, CelType>
  /** The overloads that a call may be of: one where its arguments' types are known. */
  readonly overloads: ReadonlyMap<number, readonly Overload[]>
  /** Calls such as `sets.contains(a, b)`, where what looks like a receiver is part of the name. */
  readonly qualified: ReadonlySet<number>
  /** What names stand for, of variables and of types. `a.b` may be one name. */
  readonly names: ReadonlyMap<number, string>
}

/** The type checker of cel-go: all errors are found, in its words. */
export class Checker implements Checked {
  readonly #environment: Environment
  readonly #bindings = new Bindings()
  readonly types = new Map<number, CelType>()
  readonly overloads = new Map<number, readonly Overload[]>()
  readonly qualified = new Set<number>()
  readonly names = new Map<number, string>()
  readonly errors: SourceError[] = []
  #scope: Scope

  constructor(environment: Environment) {
    this.#environment = environment
    this.#scope = Scope.of(environment)
  }

  /** The type of the whole; what is not known of its parts is dyn. */
  check(expr: Expr): CelType {
    this.#check(expr)
    for (const [id, type] of this.types) this.types.set(id, this.#bindings.resolve(type, true))
    return this.#typeOf(expr)
  }

  #typeOf(expr: Expr): CelType {
    return this.types.get(expr.id) ?? Types.error
  }

  #report({ offset }: Expr, message: string): void {
    this.errors.push({ offset, message })
  }

  #check(expr: Expr): void {
    this.types.set(expr.id, this.#checked(expr))
  }

  #checked(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return literalType(expr.value)
      case 'ident':
        return this.#named(expr, expr.name) ?? this.#undeclared(expr, expr.name)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'fold':
        return this.#fold(expr)
    }
  }

  #named(expr: Expr, name: string): CelType | undefined {
    const type = this.#scope.find(name) ?? this.#typeNamed(name)
    if (type) this.names.set(expr.id, name)
    return type
  }

  #typeNamed(name: string): CelType | undefined {
    const type = this.#environment.types.get(name)
    return type && typeOf(type)
  }

  #undeclared(expr: Expr, name: string): CelType {
    this.#report(expr, `undeclared reference to '${name}' (in container '')`)
    return Types.error
  }

  #select(expr: SelectExpr): CelType {
    const path = expr.test ? undefined : pathOf(expr)
    const named = path && this.#named(expr, path)
    if (named) return named
    const type = this.#field(expr, expr.operand, expr.field, false)
    return expr.test ? Types.bool : this.#bindings.resolve(type)
  }

  #field(expr: Expr, operand: Expr, field: string, optional: boolean): CelType {
    this.#check(operand)
    const operandType = this.#bindings.resolve(this.#typeOf(operand))
    const type = this.#fieldOf(expr, unwrapped(operandType), field)
    return isOptional(operandType) || optional ? optionalOf(type) : type
  }

  #fieldOf(expr: Expr, type: CelType, field: string): CelType {
    switch (type.kind) {
      case 'map':
        return type.parameter(1)
      case 'struct':
        return type.fields.get(field) ?? this.#undefinedField(expr, field)
      case 'param':
        this.#bindings.assign([Types.dyn], [type])
        return Types.dyn
      default:
        if (!isDynamic(type)) this.#report(expr, `type '${type.text}' does not support field selection`)
        return Types.dyn
    }
  }

  #undefinedField(expr: Expr, field: string): CelType {
    this.#report(expr, `undefined field '${field}'`)
    return Types.error
  }

  #call(expr: CallExpr): CelType {
    const { name, args, target } = expr
    if (name === '_?._') return this.#optionalField(expr)
    for (const arg of args) this.#check(arg)
    if (!target) return this.#resolved(expr, name, args)
    const path = pathOf(target)
    if (path !== undefined && this.#environment.functions.has(`${path}.${name}`)) {
      this.qualified.add(expr.id)
      return this.#resolved(expr, `${path}.${name}`, args)
    }
    this.#check(target)
    return this.#resolved(expr, name, [target, ...args])
  }

  #optionalField(expr: CallExpr): CelType {
    const [operand, field] = expr.args as [Expr, Expr]
    const name = field.kind === 'literal' ? String(field.value) : ''
    this.types.set(field.id, Types.string)
    this.overloads.set(expr.id, this.#environment.functions.get(expr.name) ?? [])
    return this.#bindings.resolve(this.#field(expr, operand, name, true))
  }

  #resolved(expr: CallExpr, name: string, args: readonly Expr[]): CelType {
    const declared = this.#environment.functions.get(name)
    if (!declared) return this.#undeclared(expr, name)
    if (name === '_&&_' || name === '_||_') return this.#logical(expr, declared, args)
    const isMember = expr.target !== undefined && !this.qualified.has(expr.id)
    const types = args.map((arg) => this.#typeOf(arg))
    const { fitting, result } = this.#fitting(declared, types, isMember)
    if (result) {
      this.overloads.set(expr.id, fitting)
      return result
    }
    const [first, ...rest] = types.map((type) => this.#bindings.resolve(type, true).text)
    const applied = isMember ? `${first}.(${rest.join(', ')})` : `(${[first, ...rest].join(', ')})`
    this.#report(expr, `found no matching overload for '${name}' applied to '${applied}'`)
    return Types.error
  }

  #logical(expr: CallExpr, declared: readonly Overload[], args: readonly Expr[]): CelType {
    this.overloads.set(expr.id, declared)
    let fits = true
    for (const arg of args) {
      const type = this.#typeOf(arg)
      if (this.#bindings.assign([type], [Types.bool])) continue
      this.#mismatch(arg, Types.bool, type)
      fits = false
    }
    return fits ? Types.bool : Types.error
  }

  /** All overloads that take these types; where their results differ, the result may be anything. */
  #fitting(declared: readonly Overload[], types: readonly CelType[], isMember: boolean) {
    const fitting: Overload[] = []
    let result: CelType | undefined
    for (const overload of declared) {
      if (overload.isMember !== isMember || overload.parameters.length !== types.length) continue
      const names = new Map(overload.typeParameters.map((letter) => [letter, this.#bindings.fresh()]))
      const parameters = overload.parameters.map((parameter) => renamed(parameter, names))
      if (!this.#bindings.assign(types, parameters)) continue
      fitting.push(overload)
      const type = this.#bindings.resolve(renamed(overload.result, names))
      if (!result) result = type
      else if (result.kind !== 'dyn' && !type.is(result)) result = Types.dyn
    }
    return { fitting, result }
  }

  #list({ items }: ListExpr): CelType {
    let elements: CelType | undefined
    for (const { value, optional } of items) {
      this.#check(value)
      elements = this.#joined(elements, this.#entryType(value, optional))
    }
    return listOf(elements ?? this.#bindings.fresh())
  }

  #map({ entries }: MapExpr): CelType {
    let keys: CelType | undefined
    let values: CelType | undefined
    for (const { key, value, optional } of entries) {
      this.#check(key)
      keys = this.#joined(keys, this.#typeOf(key))
      this.#check(value)
      values = this.#joined(values, this.#entryType(value, optional))
    }
    return mapOf(keys ?? this.#bindings.fresh(), values ?? this.#bindings.fresh())
  }

  /** Of what an entry adds; optional ones have to be of optional types. */
  #entryType(value: Expr, optional: boolean): CelType {
    const type = this.#typeOf(value)
    if (!optional) return type
    if (!isOptional(type) && !isDynamic(type)) this.#mismatch(value, optionalOf(type), type)
    return unwrapped(type)
  }

  #joined(known: CelType | undefined, type: CelType): CelType {
    if (!known) return type
    return this.#bindings.assign([known], [type]) ? mostGeneral(known, type) : Types.dyn
  }

  #fold(expr: FoldExpr): CelType {
    this.#check(expr.range)
    this.#check(expr.init)
    const accumulator = this.#typeOf(expr.init)
    const outside = this.#scope
    const around = outside.with(expr.accumulator, accumulator)
    this.#scope = this.#loopScope(expr, around)
    this.#check(expr.condition)
    this.#assert(expr.condition, Types.bool)
    this.#check(expr.step)
    this.#assert(expr.step, accumulator)
    this.#scope = around
    this.#check(expr.result)
    this.#scope = outside
    return this.#bindings.resolve(this.#typeOf(expr.result))
  }

  #loopScope({ range, variable, variable2 }: FoldExpr, around: Scope): Scope {
    const [first, second] = this.#iterated(range, variable2 !== undefined)
    const scope = around.with(variable, first)
    return variable2 === undefined ? scope : scope.with(variable2, second)
  }

  /** The types of a loop's variables. */
  #iterated(range: Expr, hasTwo: boolean): readonly [CelType, CelType] {
    const type = this.#bindings.resolve(this.#typeOf(range))
    switch (type.kind) {
      case 'list':
        return hasTwo ? [Types.int, type.parameter(0)] : [type.parameter(0), Types.dyn]
      case 'map':
        return [type.parameter(0), type.parameter(1)]
      case 'dyn':
      case 'error':
      case 'param':
        this.#bindings.assign([Types.dyn], [type])
        return [Types.dyn, Types.dyn]
      default: {
        const what = 'cannot be range of a comprehension (must be list, map, or dynamic)'
        this.#report(range, `expression of type '${type.text}' ${what}`)
        return [Types.error, Types.error]
      }
    }
  }

  #assert(expr: Expr, wanted: CelType): void {
    const type = this.#typeOf(expr)
    if (!this.#bindings.assign([wanted], [type])) this.#mismatch(expr, wanted, type)
  }

  #mismatch(expr: Expr, wanted: CelType, found: CelType): void {
    this.#report(expr, `expected type '${wanted.text}' but found '${found.text}'`)
  }
}

/** `a.b.c` of an expression that is only names. */
function pathOf(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name
  if (expr.kind !== 'select' || expr.test) return undefined
  const operand = pathOf(expr.operand)
  return operand === undefined ? undefined : `${operand}.${expr.field}`
}
