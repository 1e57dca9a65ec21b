import { EvaluationError, noSuchOverload } from '../values/evaluation-error.ts'
import type { Value } from '../values/value.ts'
import { CostExceeded } from './meter.ts'
import type { Frame, Step } from './step.ts'

/** `a && b`: false if either is, even if the other fails. */
export const conjunction = (left: Step, right: Step): Step => decided(left, right, false)

/** `a || b`: true if either is, even if the other fails. */
export const disjunction = (left: Step, right: Step): Step => decided(left, right, true)

function decided(left: Step, right: Step, decisive: boolean): Step {
  return (frame) => {
    const first = attempt(left, frame)
    if (first === decisive) return decisive
    const second = attempt(right, frame)
    if (second === decisive) return decisive
    if (first instanceof EvaluationError) throw first
    if (second instanceof EvaluationError) throw second
    if (typeof first !== 'boolean' || typeof second !== 'boolean') throw noSuchOverload()
    return !decisive
  }
}

/** A value, or the error it ended with. The end of the budget is no such error. */
export function attempt(step: Step, frame: Frame): Value | EvaluationError {
  try {
    return step(frame)
  } catch (error) {
    if (error instanceof EvaluationError && !(error instanceof CostExceeded)) return error
    throw error
  }
}
