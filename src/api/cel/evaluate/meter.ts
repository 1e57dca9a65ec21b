import { EvaluationError } from '../values/evaluation-error.ts'

/** An expression is stopped because it costs too much. */
export class CostExceeded extends EvaluationError {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

/** Counts what an evaluation costs. Throws CostExceeded beyond its limit. */
export class Meter {
  cost = 0
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  add(cost: number): void {
    this.cost += cost
    if (this.cost > this.#limit) throw new CostExceeded()
  }
}
