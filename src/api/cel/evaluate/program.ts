import type { Checked } from '../check/checker.ts'
import type { Environment } from '../environment.ts'
import type { Expr } from '../syntax/ast.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import type { Value } from '../values/value.ts'
import { Meter } from './meter.ts'
import { type Plan, plan } from './plan.ts'

/** Upstream: celconfig.PerCallLimit, of one evaluation. */
const COST_LIMIT = 1_000_000

/** How an evaluation ended, and what it has cost up to there. */
export interface Outcome {
  readonly result: Value | EvaluationError
  readonly cost: number
}

/** A compiled expression, ready to be evaluated any number of times. */
export class Program {
  readonly #plan: Plan

  /** Throws EvaluationError where a constant part cannot be evaluated. */
  constructor(expr: Expr, checked: Checked, environment: Environment) {
    this.#plan = plan(expr, checked, environment)
  }

  /** `values`: those of the environment's variables, in its order. Never throws EvaluationError. */
  evaluate(values: readonly (Value | EvaluationError)[], limit = COST_LIMIT): Outcome {
    const meter = new Meter(limit)
    const slots = Array.from({ length: this.#plan.slots }, (_, slot) => values[slot] ?? null)
    try {
      return { result: this.#plan.run({ slots, meter }), cost: meter.cost }
    } catch (error) {
      if (error instanceof EvaluationError) return { result: error, cost: meter.cost }
      if (error instanceof RangeError) return { result: tooLarge(error), cost: meter.cost }
      throw error
    }
  }
}

/** A text longer than this runtime can hold: costs less than it should upstream as well. */
const tooLarge = (cause: RangeError): EvaluationError => new EvaluationError('result too large', { cause })
