import type { Checked } from '../check/checker.ts'
import { LIST_COST, MAP_COST } from '../cost/call-costs.ts'
import type { Environment } from '../environment.ts'
import { accepts, type Overload } from '../functions/overload.ts'
import type { CallExpr, Expr, FoldExpr, Literal, SelectExpr } from '../syntax/ast.ts'
import type { CelType } from '../type.ts'
import { EvaluationError, noSuchKey, noSuchOverload } from '../values/evaluation-error.ts'
import { ArrayList } from '../values/list.ts'
import { EntryMap, MapValue } from '../values/map.ts'
import { Optional } from '../values/optional.ts'
import { typeOfValue } from '../values/type-of.ts'
import { Uint } from '../values/uint.ts'
import type { Value } from '../values/value.ts'
import { conjunction, disjunction } from './logic.ts'
import { runFold } from './loop.ts'
import type { Frame, Step } from './step.ts'

/** A part of an expression, ready to run. A constant is what it is without a run, and for nothing. */
type Planned = { readonly run: Step; readonly constant?: Value }

/** An expression ready to run, and how many slots its variables need. */
export interface Plan {
  readonly run: Step
  readonly slots: number
}

/**
 * Turns a checked expression into functions. The variables of the environment are in the first slots, in its order. Throws
 * EvaluationError where a part without variables cannot be evaluated.
 */
export function plan(expr: Expr, checked: Checked, environment: Environment): Plan {
  const planner = new Planner(checked, environment)
  const { run } = planner.plan(expr)
  return { run, slots: planner.slots }
}

const constant = (value: Value): Planned => ({ run: () => value, constant: value })
const isConstant = ({ constant: value }: Planned): boolean => value !== undefined

class Planner {
  readonly #checked: Checked
  readonly #environment: Environment
  readonly #names: Map<string, number>
  slots: number

  constructor(checked: Checked, environment: Environment) {
    this.#checked = checked
    this.#environment = environment
    this.#names = new Map([...environment.variables.keys()].map((name, slot) => [name, slot]))
    this.slots = this.#names.size
  }

  plan(expr: Expr): Planned {
    switch (expr.kind) {
      case 'literal':
        return constant(literalValue(expr.value))
      case 'ident':
        return this.#named(expr.name)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr.items.map(({ value }) => this.plan(value)))
      case 'map':
        return this.#map(expr.entries.map(({ key, value }) => [this.plan(key), this.plan(value)] as const))
      case 'fold':
        return this.#fold(expr)
    }
  }

  #named(name: string): Planned {
    const slot = this.#names.get(name)
    if (slot === undefined) return constant(this.#environment.types.get(name) ?? null)
    return {
      run: ({ slots, meter }) => {
        meter.add(1)
        const value = slots[slot] as Value | EvaluationError
        if (value instanceof EvaluationError) throw value
        return value
      },
    }
  }

  #select(expr: SelectExpr): Planned {
    const name = this.#checked.names.get(expr.id)
    if (name !== undefined) return this.#named(name)
    const { run } = this.plan(expr.operand)
    const { field } = expr
    if (expr.test) return { run: (frame) => isPresent(run(frame), field) }
    return {
      run: (frame) => {
        const operand = run(frame)
        frame.meter.add(1)
        return fieldOf(operand, field)
      },
    }
  }

  #call(expr: CallExpr): Planned {
    const isQualified = this.#checked.qualified.has(expr.id)
    const args = expr.target && !isQualified ? [expr.target, ...expr.args] : expr.args
    const lazy = this.#lazy(expr.name, args)
    if (lazy) return lazy
    const planned = args.map((arg) => this.plan(arg))
    const overloads = this.#checked.overloads.get(expr.id) ?? []
    const choose = choice(expr.name, overloads)
    if (expr.name === '@in' && isConstantList(planned[1])) return withoutCost(planned, choose)
    if (CONVERSIONS.has(expr.name) && planned.every(isConstant)) {
      const values = planned.map(({ constant: value }) => value as Value)
      return constant(choose(values).call(...values))
    }
    if (expr.name === '_[_]' && args[1]) return indexed(planned, choose, isAttribute(args[1], this.#checked))
    return called(planned, choose)
  }

  /** Operators that may not need all of their operands. */
  #lazy(name: string, args: readonly Expr[]): Planned | undefined {
    const [first, second, third] = args as [Expr, Expr, Expr]
    switch (name) {
      case '_&&_':
        return { run: conjunction(this.plan(first).run, this.plan(second).run) }
      case '_||_':
        return { run: disjunction(this.plan(first).run, this.plan(second).run) }
      case '_?_:_':
        return this.#conditional(first, second, third)
      case 'or':
      case 'orValue':
        return args.length === 2 ? this.#orElse(name, first, second) : undefined
      default:
        return undefined
    }
  }

  #conditional(condition: Expr, yes: Expr, no: Expr): Planned {
    const { run } = this.plan(condition)
    const { run: runYes } = this.plan(yes)
    const { run: runNo } = this.plan(no)
    return {
      run: (frame) => {
        const holds = run(frame)
        if (typeof holds !== 'boolean') throw noSuchOverload()
        return holds ? runYes(frame) : runNo(frame)
      },
    }
  }

  #orElse(name: 'or' | 'orValue', first: Expr, second: Expr): Planned {
    const { run } = this.plan(first)
    const { run: otherwise } = this.plan(second)
    return {
      run: (frame) => {
        const optional = run(frame)
        if (!(optional instanceof Optional)) throw noSuchOverload()
        if (!optional.hasValue) return otherwise(frame)
        return name === 'or' ? optional : optional.value()
      },
    }
  }

  #list(items: readonly Planned[]): Planned {
    if (items.every(isConstant)) return constant(new ArrayList(items.map(({ constant: value }) => value as Value)))
    return {
      run: (frame) => {
        const list = new ArrayList(items.map(({ run }) => run(frame)))
        frame.meter.add(LIST_COST)
        return list
      },
    }
  }

  #map(entries: readonly (readonly [Planned, Planned])[]): Planned {
    const make: Step = (frame) => {
      const map = new EntryMap()
      for (const [key, value] of entries) map.set(key.run(frame), value.run(frame))
      return map
    }
    if (entries.length > 0 && entries.flat().every(isConstant)) return constant(make(NO_FRAME))
    return {
      run: (frame) => {
        const map = make(frame)
        frame.meter.add(MAP_COST)
        return map
      },
    }
  }

  #fold(expr: FoldExpr): Planned {
    const range = this.plan(expr.range).run
    const init = this.plan(expr.init).run
    const accumulator = this.slots++
    const [first, second] = [this.slots++, this.slots++]
    const around = this.#hide(expr.accumulator, accumulator)
    const outer = this.#hide(expr.variable, first)
    const inner = expr.variable2 === undefined ? undefined : this.#hide(expr.variable2, second)
    const condition = this.plan(expr.condition).run
    const step = this.plan(expr.step).run
    inner?.()
    outer()
    const result = this.plan(expr.result).run
    around()
    const hasTwo = expr.variable2 !== undefined
    return { run: runFold({ range, init, condition, step, result, accumulator, first, second, hasTwo }) }
  }

  /** Gives a name to a slot until the function that is returned is called. */
  #hide(name: string, slot: number): () => void {
    const hidden = this.#names.get(name)
    this.#names.set(name, slot)
    return () => {
      if (hidden === undefined) this.#names.delete(name)
      else this.#names.set(name, hidden)
    }
  }
}

const NO_FRAME = { slots: [], meter: { add: () => undefined } } as unknown as Frame

function literalValue(value: Literal): Value {
  if (typeof value !== 'object' || value === null) return value
  return 'uint' in value ? new Uint(value.uint) : value.bytes
}

function fieldOf(operand: Value, field: string): Value {
  if (operand instanceof MapValue) {
    const value = operand.find(field)
    if (value === undefined) throw noSuchKey(field)
    return value
  }
  if (!(operand instanceof Optional)) throw noSuchOverload()
  return operand.content === undefined ? Optional.none : optionalField(operand.content, field)
}

function optionalField(operand: Value, field: string): Optional {
  if (!(operand instanceof MapValue)) throw noSuchOverload()
  return Optional.of(operand.find(field))
}

function isPresent(operand: Value, field: string): boolean {
  const inner = operand instanceof Optional ? operand.content : operand
  if (inner === undefined) return false
  if (!(inner instanceof MapValue)) throw noSuchOverload()
  return inner.find(field) !== undefined
}

/** Conversions of constants are constants. */
const CONVERSIONS = new Set('bool bytes double duration dyn int string timestamp uint'.split(' '))

function isConstantList(planned: Planned | undefined): boolean {
  return planned?.constant instanceof ArrayList
}

/** `x in ['a', 'b']` is looked up in a set: only the left side costs something. */
function withoutCost([element, list]: readonly Planned[], choose: Choice): Planned {
  const { run } = element as Planned
  const constants = (list as Planned).constant as Value
  return {
    run: (frame) => {
      const args = [run(frame), constants]
      return choose(args).call(...args)
    },
  }
}

/** `a[b]`: where b is a variable or a field, it is a part of the access and does not cost by itself. */
function indexed(planned: readonly Planned[], choose: Choice, isFree: boolean): Planned {
  const [container, index] = planned as [Planned, Planned]
  const cost = isFree ? 0 : 1
  return {
    run: (frame) => {
      const args = [container.run(frame), index.run(frame)]
      frame.meter.add(cost)
      return choose(args).call(...args)
    },
  }
}

const isAttribute = (expr: Expr, { names }: Checked): boolean =>
  expr.kind === 'ident' || (expr.kind === 'select' && !expr.test && !names.has(expr.id))

/** The overload for arguments of these types. Throws EvaluationError where there is none. */
type Choice = (args: readonly Value[]) => Overload

function called(planned: readonly Planned[], choose: Choice): Planned {
  const steps = planned.map(({ run }) => run)
  return {
    run: (frame) => {
      const args = steps.map((run) => run(frame))
      const { call, cost } = choose(args)
      const result = call(...args)
      frame.meter.add(cost.track(args, result))
      return result
    },
  }
}

/** Arguments may be of other types than the checker takes them for: those that are dyn, and null where a schema allows it. */
function choice(name: string, overloads: readonly Overload[]): Choice {
  const [only] = overloads
  if (only && overloads.length === 1) return (args) => (fits(only, args) ? only : refuse(name, args))
  return (args) => overloads.find((overload) => fits(overload, args)) ?? refuse(name, args)
}

function fits({ parameters }: Overload, args: readonly Value[]): boolean {
  for (let index = 0; index < parameters.length; index++) {
    if (!accepts(parameters[index] as CelType, typeOfValue(args[index] as Value))) return false
  }
  return true
}

function refuse(name: string, args: readonly Value[]): never {
  if (/[_@!]/.test(name) || name === 'size') throw noSuchOverload()
  throw new EvaluationError(`no such overload: ${name}(${args.map((arg) => typeOfValue(arg).name).join(', ')})`)
}
