import type { Checked } from '../check/checker.ts'
import type { Overload } from '../functions/overload.ts'
import { ACCUMULATOR, type CallExpr, type Expr, type FoldExpr, isBind, type Literal } from '../syntax/ast.ts'
import { type CelType, isOptional, Types } from '../type.ts'
import { textSize } from '../values/size.ts'
import type { Estimate, KnownArguments } from './call-cost.ts'
import { LIST_COST, MAP_COST } from './call-costs.ts'
import { anything, exactly, plus, type Range, times, union } from './range.ts'

/** How large the value at a path of a variable can be: `self`, `spec`, `@items`, … Undefined where that is not known. */
export type SizeOfPath = (path: readonly string[]) => Range | undefined

/** Of the keys and values of a list or map that an expression made. */
interface EntrySizes {
  readonly kind: 'list' | 'map'
  readonly key: Range
  readonly value: Range
}

interface Local {
  readonly path: readonly string[]
  readonly size: Range | undefined
  readonly entries: EntrySizes | undefined
}

/** What evaluating an expression costs at least and at most, before it is evaluated. Upstream: checker.Cost of cel-go. */
export function estimateCost(expr: Expr, checked: Checked, sizeOfPath: SizeOfPath): Range {
  return new Estimator(checked, sizeOfPath).cost(expr)
}

class Estimator {
  readonly #checked: Checked
  readonly #sizeOfPath: SizeOfPath
  readonly #paths = new Map<number, readonly string[]>()
  readonly #sizes = new Map<number, Range>()
  readonly #entries = new Map<number, EntrySizes>()
  readonly #locals = new Map<string, Local[]>()

  constructor(checked: Checked, sizeOfPath: SizeOfPath) {
    this.#checked = checked
    this.#sizeOfPath = sizeOfPath
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return exactly(0)
      case 'ident':
        return this.#ident(expr.id, expr.name)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'fold':
        return isBind(expr) ? this.#bind(expr) : this.#fold(expr)
    }
  }

  #typeOf({ id }: Expr): CelType {
    return this.#checked.types.get(id) ?? Types.dyn
  }

  #ident(id: number, name: string): Range {
    this.#paths.set(id, this.#local(name)?.path ?? [name])
    return exactly(1)
  }

  #select(expr: Expr & { kind: 'select' }): Range {
    if (expr.test) return this.cost(expr.operand)
    const name = this.#checked.names.get(expr.id)
    if (name !== undefined) return this.#ident(expr.id, name)
    const operand = this.cost(expr.operand)
    const { kind } = this.#typeOf(expr.operand)
    this.#paths.set(expr.id, [...this.#pathOf(expr.operand), expr.field])
    return kind === 'map' || kind === 'struct' || kind === 'param' ? plus(operand, exactly(1)) : operand
  }

  #call(expr: CallExpr): Range {
    if (expr.name === 'dyn' && expr.args[0]) return this.#dyn(expr, expr.args[0])
    const isQualified = this.#checked.qualified.has(expr.id)
    const args = expr.target && !isQualified ? [expr.target, ...expr.args] : expr.args
    const costs = new Map(args.map((arg) => [arg, this.cost(arg)]))
    const overloads = this.#checked.overloads.get(expr.id) ?? []
    if (overloads.length === 0) return exactly(0)
    let cost: Range | undefined
    let size: Range | undefined
    for (const overload of overloads) {
      const estimate = this.#overload(expr, overload, args, costs)
      cost = cost ? union(cost, estimate.cost) : estimate.cost
      if (estimate.size) size = size ? union(size, estimate.size) : estimate.size
      size = this.#elementAt(expr, overload, args) ?? size ?? this.#sizeOf(expr)
    }
    if (size) this.#sizes.set(expr.id, size)
    return cost ?? exactly(0)
  }

  #dyn(expr: CallExpr, arg: Expr): Range {
    const cost = this.cost(arg)
    this.#copySizes(expr, arg)
    return plus(exactly(1), cost)
  }

  /** An element's size and path are known by those of its list or map. */
  #elementAt({ id, name }: CallExpr, { parameters }: Overload, [container]: readonly Expr[]): Range | undefined {
    const kind = parameters[0]?.kind
    if (name !== '_[_]' || !container || (kind !== 'list' && kind !== 'map')) return undefined
    this.#paths.set(id, [...this.#pathOf(container), kind === 'list' ? '@items' : '@values'])
    return this.#entriesOf(container)?.value
  }

  #overload(expr: CallExpr, overload: Overload, args: readonly Expr[], costs: ReadonlyMap<Expr, Range>): Estimate {
    const costOf = (index: number): Range => costs.get(args[index] as Expr) ?? exactly(0)
    if (expr.name === '_&&_' || expr.name === '_||_') {
      return { cost: { min: costOf(0).min, max: plus(costOf(0), costOf(1)).max } }
    }
    if (expr.name === '_?_:_') return this.#conditional(expr, args, costOf)
    const { cost, size } = overload.cost.estimate(this.#known(args))
    if (expr.name === '_+_' && args[0] && args[1]) this.#joinEntries(expr, args[0], args[1])
    const total = args.reduce((sum, _, index) => plus(sum, costOf(index)), cost)
    return size ? { cost: total, size } : { cost: total }
  }

  #conditional(expr: CallExpr, args: readonly Expr[], costOf: (index: number) => Range): Estimate {
    const [, yes, no] = args as [Expr, Expr, Expr]
    this.#joinEntries(expr, yes, no)
    return {
      cost: plus(costOf(0), union(costOf(1), costOf(2))),
      size: union(this.#sizeOrAny(yes), this.#sizeOrAny(no)),
    }
  }

  #joinEntries({ id }: Expr, a: Expr, b: Expr): void {
    const [left, right] = [this.#entriesOf(a), this.#entriesOf(b)]
    if (!left || !right) return
    this.#entries.set(id, { kind: left.kind, key: union(left.key, right.key), value: union(left.value, right.value) })
  }

  #known(args: readonly Expr[]): KnownArguments {
    const at = (index: number): Expr => args[index] as Expr
    return {
      count: args.length,
      size: (index) => this.#sizeOrAny(at(index)),
      type: (index) => this.#typeOf(at(index)),
      elementSize: (index) => this.#elementSize(at(index)),
      integer: (index) => integerOf(at(index)),
    }
  }

  /** Of what a list holds, by its path in a schema. */
  #elementSize(list: Expr): Range | undefined {
    if (this.#typeOf(list).parameters.length === 0) return undefined
    const path = this.#pathOf(list)
    return (path.length > 0 && path[0] !== ACCUMULATOR && this.#sizeOfPath([...path, '@items'])) || anything
  }

  #list(expr: Expr & { kind: 'list' }): Range {
    const values = expr.items.map(({ value }) => value)
    const cost = this.#sum(values)
    this.#entries.set(expr.id, { kind: 'list', key: exactly(1), value: this.#largest(values) })
    return plus(cost, exactly(LIST_COST))
  }

  #map(expr: Expr & { kind: 'map' }): Range {
    const keys = expr.entries.map(({ key }) => key)
    const values = expr.entries.map(({ value }) => value)
    const cost = this.#sum([...keys, ...values])
    this.#entries.set(expr.id, { kind: 'map', key: this.#largest(keys), value: this.#largest(values) })
    return plus(cost, exactly(MAP_COST))
  }

  #sum(exprs: readonly Expr[]): Range {
    return exprs.reduce((sum, expr) => plus(sum, this.cost(expr)), exactly(0))
  }

  #largest(exprs: readonly Expr[]): Range {
    const sizes = exprs.map((expr) => this.#sizeOrAny(expr))
    return sizes.length === 0 ? exactly(0) : sizes.reduce(union)
  }

  #bind(expr: FoldExpr): Range {
    const cost = plus(this.cost(expr.range), this.cost(expr.init))
    const result = this.#within(expr.accumulator, this.#localOf(expr.init), () => this.cost(expr.result))
    this.#copySizes(expr, expr.result)
    return plus(cost, result)
  }

  #fold(expr: FoldExpr): Range {
    const start = plus(this.cost(expr.range), this.cost(expr.init))
    const { step, result } = this.#within(expr.accumulator, this.#localOf(expr.init), () => ({
      step: this.#inLoop(expr, () => plus(this.cost(expr.condition), this.cost(expr.step))),
      result: this.cost(expr.result),
    }))
    const count = this.#sizeOrAny(expr.range)
    this.#setResultSize(expr, count)
    return plus(plus(start, result), times(count, step))
  }

  #setResultSize(expr: FoldExpr, count: Range): void {
    if (expr.init.kind === 'literal') {
      const size = this.#sizeOf(expr.init)
      if (size) this.#sizes.set(expr.id, size)
      return
    }
    this.#sizes.set(expr.id, count)
    const entries = this.#entriesOf(expr.step)
    if (entries) this.#entries.set(expr.id, entries)
  }

  #inLoop<T>({ range, variable, variable2 }: FoldExpr, body: () => T): T {
    const entries = this.#entriesOf(range)
    const isList = (entries?.kind ?? this.#typeOf(range).kind) === 'list'
    const path = this.#pathOf(range)
    const keys: Local = { path: [...path, isList ? '@indices' : '@keys'], size: entries?.key, entries: undefined }
    const values: Local = { path: [...path, isList ? '@items' : '@values'], size: entries?.value, entries: undefined }
    if (variable2 === undefined) return this.#within(variable, isList ? values : keys, body)
    return this.#within(variable, keys, () => this.#within(variable2, values, body))
  }

  #within<T>(name: string, local: Local, body: () => T): T {
    const stack = this.#locals.get(name) ?? []
    this.#locals.set(name, stack)
    stack.push(local)
    const result = body()
    stack.pop()
    return result
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1)
  }

  #localOf(expr: Expr): Local {
    return { path: this.#pathOf(expr), size: this.#sizeOf(expr), entries: this.#entriesOf(expr) }
  }

  #pathOf(expr: Expr): readonly string[] {
    const local = expr.kind === 'ident' ? this.#local(expr.name) : undefined
    return local?.path ?? this.#paths.get(expr.id) ?? []
  }

  #entriesOf(expr: Expr): EntrySizes | undefined {
    return this.#entries.get(expr.id) ?? (expr.kind === 'ident' ? this.#local(expr.name)?.entries : undefined)
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#sizeOf(from)
    if (size) this.#sizes.set(to.id, size)
    const entries = this.#entriesOf(from)
    if (entries) this.#entries.set(to.id, entries)
  }

  #sizeOrAny(expr: Expr): Range {
    return this.#sizeOf(expr) ?? anything
  }

  #sizeOf(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr.id) ?? ownSize(expr)
    if (known) return known
    const path = this.#pathOf(expr)
    const bySchema = path.length > 0 ? this.#sizeOfPath(path) : undefined
    if (bySchema) {
      this.#sizes.set(expr.id, bySchema)
      return bySchema
    }
    if (isScalar(this.#typeOf(expr))) return exactly(1)
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined
  }
}

function ownSize(expr: Expr): Range | undefined {
  switch (expr.kind) {
    case 'literal':
      return exactly(literalSize(expr.value))
    case 'list':
      return exactly(expr.items.length)
    case 'map':
      return exactly(expr.entries.length)
    default:
      return undefined
  }
}

function literalSize(value: Literal): number {
  if (typeof value === 'string') return textSize(value)
  return typeof value === 'object' && value !== null && 'bytes' in value ? value.bytes.length : 1
}

function integerOf(expr: Expr): number | undefined {
  if (expr.kind !== 'literal' || typeof expr.value !== 'bigint') return undefined
  return expr.value < 0n ? 0 : Number(expr.value)
}

const SCALARS = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint'])
const isScalar = (type: CelType): boolean => SCALARS.has(type.kind) || (isOptional(type) && isScalar(type.parameter(0)))
