import { nominal } from '../cost/call-costs.ts'
import { accepts, type Overload } from '../functions/overload.ts'
import type { CelType } from '../type.ts'
import { EvaluationError, noSuchOverload } from '../values/evaluation-error.ts'
import { typeOfValue } from '../values/type-of.ts'
import type { Value } from '../values/value.ts'
import { CostExceeded } from './meter.ts'
import type { Frame, Step } from './step.ts'

/** The overload for arguments of these types. Throws EvaluationError where there is none. */
export type Choice = (args: readonly Value[]) => Overload

/** Arguments may be of other types than the checker takes them for: those that are dyn, and null where a schema allows it. */
export function choice(name: string, overloads: readonly Overload[]): Choice {
  const [only] = overloads
  if (only && overloads.length === 1) return (args) => (fits(only, args) ? only : refuse(name, args))
  return (args) => overloads.find((overload) => fits(overload, args)) ?? refuse(name, args)
}

function fits({ parameters }: Overload, args: readonly Value[]): boolean {
  for (let index = 0; index < parameters.length; index++) {
    if (!accepts(parameters[index] as CelType, args[index] as Value)) return false
  }
  return true
}

function refuse(name: string, args: readonly Value[]): never {
  if (/[_@!]/.test(name) || name === 'size') throw noSuchOverload()
  throw new EvaluationError(`no such overload: ${name}(${args.map((arg) => typeOfValue(arg).name).join(', ')})`)
}

/** A call with its arguments. Those of one and two are most, and are made without lists being copied. */
export function called(steps: readonly Step[], choose: Choice): Step {
  const [first, second] = steps
  if (first && steps.length === 1) return unary(first, choose)
  if (first && second && steps.length === 2) return binary(first, second, choose)
  return (frame) => {
    const args = steps.map((step) => argument(step, frame))
    return run(choose(args), args, frame)
  }
}

function run(overload: Overload, args: readonly Value[], { meter }: Frame): Value {
  const { cost } = overload
  meter.add(cost.track(args))
  const result = overload.call(...args)
  if (cost.trackResult) meter.add(cost.trackResult(result))
  return result
}

function unary(first: Step, choose: Choice): Step {
  return (frame) => {
    const args = [argument(first, frame)]
    const overload = choose(args)
    if (overload.cost !== nominal) return run(overload, args, frame)
    frame.meter.add(1)
    return overload.call(args[0] as Value)
  }
}

function binary(first: Step, second: Step, choose: Choice): Step {
  return (frame) => {
    const args = [argument(first, frame), argument(second, frame)]
    const overload = choose(args)
    if (overload.cost !== nominal) return run(overload, args, frame)
    frame.meter.add(1)
    return overload.call(args[0] as Value, args[1] as Value)
  }
}

/** A call costs something also where its arguments fail. */
function argument(step: Step, frame: Frame): Value {
  try {
    return step(frame)
  } catch (error) {
    if (!(error instanceof CostExceeded)) frame.meter.add(1)
    throw error
  }
}

/** A call whose arguments are constants: made once, and paid each time. One that fails does so each time. */
export function calledWithConstants(args: readonly Value[], choose: Choice): Step {
  let known: { readonly result: Value; readonly cost: number } | undefined
  return (frame) => {
    if (known) {
      frame.meter.add(known.cost)
      return known.result
    }
    const before = frame.meter.cost
    const result = run(choose(args), args, frame)
    known = { result, cost: frame.meter.cost - before }
    return result
  }
}
