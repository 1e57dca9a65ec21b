import type { Checked } from '../check/checker.ts'
import { LIST_COST, MAP_COST } from '../cost/call-costs.ts'
import type { Environment } from '../environment.ts'
import { regexOf } from '../functions/regexes.ts'
import type { CallExpr, Expr, FoldExpr, Literal, SelectExpr } from '../syntax/ast.ts'
import { EvaluationError, noSuchOverload } from '../values/evaluation-error.ts'
import { ArrayList } from '../values/list.ts'
import { EntryMap } from '../values/map.ts'
import { Optional } from '../values/optional.ts'
import { Uint } from '../values/uint.ts'
import type { Value } from '../values/value.ts'
import { type Choice, called, calledWithConstants, choice } from './call.ts'
import { conjunction, disjunction } from './logic.ts'
import { runFold } from './loop.ts'
import { optionalSelection, presence, selection } from './selection.ts'
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
        return this.#list(expr.items.map(({ value, optional }) => ({ ...this.plan(value), optional })))
      case 'map':
        return this.#map(
          expr.entries.map(({ key, value, optional }) => [this.plan(key), { ...this.plan(value), optional }] as const),
        )
      case 'fold':
        return this.#fold(expr)
    }
  }

  #named(name: string, cost = 1): Planned {
    const slot = this.#names.get(name)
    if (slot === undefined) return constant(this.#environment.types.get(name) ?? null)
    return {
      run: ({ slots, meter }) => {
        meter.add(cost)
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
    return { run: expr.test ? presence(run, field) : selection(run, field) }
  }

  /** A variable or a field within an access or at the end of a condition: what it begins with costs nothing there. */
  #within(expr: Expr): Planned {
    if (expr.kind === 'ident') return this.#named(expr.name, 0)
    const isField = expr.kind === 'select' && !expr.test && !this.#checked.names.has(expr.id)
    return isField ? { run: selection(this.#within(expr.operand).run, expr.field) } : this.plan(expr)
  }

  #call(expr: CallExpr): Planned {
    const isQualified = this.#checked.qualified.has(expr.id)
    const args = expr.target && !isQualified ? [expr.target, ...expr.args] : expr.args
    const special = this.#special(expr.name, args)
    if (special) return special
    const planned = args.map((arg, index) => (expr.name === '_[_]' && index === 1 ? this.#within(arg) : this.plan(arg)))
    checkRegex(expr.name, planned[1])
    const overloads = this.#checked.overloads.get(expr.id) ?? []
    const choose = choice(expr.name, overloads)
    if (expr.name === '@in' && isConstantList(planned[1])) return withoutCost(planned, choose)
    if (!planned.every(isConstant)) {
      return {
        run: called(
          planned.map(({ run }) => run),
          choose,
        ),
      }
    }
    const values = planned.map(({ constant: value }) => value as Value)
    if (!CONVERSIONS.has(expr.name)) return { run: calledWithConstants(values, choose) }
    return constant(choose(values).call(...values))
  }

  /** Operators that may not need all of their operands, or cost something in their own way. */
  #special(name: string, args: readonly Expr[]): Planned | undefined {
    const [first, second, third] = args as [Expr, Expr, Expr]
    switch (name) {
      case '_&&_':
        return { run: conjunction(this.plan(first).run, this.plan(second).run) }
      case '_||_':
        return { run: disjunction(this.plan(first).run, this.plan(second).run) }
      case '_?_:_':
        return this.#conditional(first, second, third)
      case '_?._':
        return { run: optionalSelection(this.plan(first).run, second.kind === 'literal' ? String(second.value) : '') }
      case 'or':
      case 'orValue':
        return args.length === 2 ? this.#orElse(name, first, second) : undefined
      default:
        return undefined
    }
  }

  #conditional(condition: Expr, yes: Expr, no: Expr): Planned {
    const { run } = this.plan(condition)
    const { run: runYes } = this.#within(yes)
    const { run: runNo } = this.#within(no)
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

  #list(items: readonly Entry[]): Planned {
    const make: Step = (frame) => {
      const values: Value[] = []
      for (const item of items) {
        const value = entryValue(item, frame)
        if (value !== undefined) values.push(value)
      }
      return new ArrayList(values)
    }
    return items.every(isConstantEntry) ? constant(make(NO_FRAME)) : paid(make, LIST_COST)
  }

  #map(entries: readonly (readonly [Planned, Entry])[]): Planned {
    const make: Step = (frame) => {
      const map = new EntryMap()
      for (const [key, entry] of entries) {
        const name = key.run(frame)
        const value = entryValue(entry, frame)
        if (value !== undefined) map.set(name, value)
      }
      return map
    }
    const isFixed = entries.every(([key, value]) => isConstant(key) && isConstantEntry(value))
    return isFixed ? constant(make(NO_FRAME)) : paid(make, MAP_COST)
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

/** Of a list or map literal. */
type Entry = Planned & { readonly optional: boolean }

const isConstantEntry = (entry: Entry): boolean => !entry.optional && isConstant(entry)

/** Undefined for an optional entry without a value. */
function entryValue({ run, optional }: Entry, frame: Frame): Value | undefined {
  const value = run(frame)
  if (!optional) return value
  if (!(value instanceof Optional)) throw noSuchOverload()
  return value.content
}

/** The price is for what was made. */
const paid = (make: Step, cost: number): Planned => ({
  run: (frame) => {
    const value = make(frame)
    frame.meter.add(cost)
    return value
  },
})

/** A pattern that is a constant is compiled at once. Throws EvaluationError for one that is none. */
function checkRegex(name: string, pattern: Planned | undefined): void {
  if (REGEX_FUNCTIONS.has(name) && typeof pattern?.constant === 'string') regexOf(pattern.constant)
}
const REGEX_FUNCTIONS = new Set(['matches', 'find', 'findAll'])

const NO_FRAME = { slots: [], meter: { add: () => undefined } } as unknown as Frame

function literalValue(value: Literal): Value {
  if (typeof value !== 'object' || value === null) return value
  return 'uint' in value ? new Uint(value.uint) : value.bytes
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
