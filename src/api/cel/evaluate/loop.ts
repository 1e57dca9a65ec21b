import { EvaluationError } from '../values/evaluation-error.ts'
import { ListValue } from '../values/list.ts'
import { EntryMap, MapValue } from '../values/map.ts'
import { attempt } from './logic.ts'
import type { Frame, Step } from './step.ts'

export interface FoldSteps {
  readonly range: Step
  readonly init: Step
  readonly condition: Step
  readonly step: Step
  readonly result: Step
  /** The slots of the loop's variables. */
  readonly accumulator: number
  readonly first: number
  readonly second: number
  /** Index and element, or key and value, instead of element or key alone. */
  readonly hasTwo: boolean
}

/**
 * A loop of a macro. Where a step fails, the accumulator holds the error, and later steps may still do without it: `all` and
 * `exists` need no more than one element that decides.
 */
export function runFold(steps: FoldSteps): Step {
  return (frame) => {
    const range = steps.range(frame)
    const initial = steps.init(frame)
    // A map that grows in the loop must not be the constant that the expression starts with.
    const { slots } = frame
    slots[steps.accumulator] = initial instanceof EntryMap ? initial.copy() : initial
    const loop = new Loop(steps, frame)
    if (range instanceof ListValue) loop.overList(range)
    else if (range instanceof MapValue) loop.overMap(range)
    else throw new EvaluationError('got non-iterable range')
    return steps.result(frame)
  }
}

class Loop {
  readonly #steps: FoldSteps
  readonly #frame: Frame

  constructor(steps: FoldSteps, frame: Frame) {
    this.#steps = steps
    this.#frame = frame
  }

  overList(list: ListValue): void {
    const { slots } = this.#frame
    const { first, second, hasTwo } = this.#steps
    for (let index = 0; index < list.size; index++) {
      slots[first] = hasTwo ? BigInt(index) : list.at(index)
      if (hasTwo) slots[second] = list.at(index)
      if (!this.#turn()) return
    }
  }

  overMap(map: MapValue): void {
    const { slots } = this.#frame
    const { first, second, hasTwo } = this.#steps
    for (const key of map.keys()) {
      slots[first] = key
      if (hasTwo) slots[second] = map.find(key) ?? null
      if (!this.#turn()) return
    }
  }

  /** False when the loop is over. */
  #turn(): boolean {
    const { condition, step, accumulator } = this.#steps
    if (attempt(condition, this.#frame) === false) return false
    this.#frame.slots[accumulator] = attempt(step, this.#frame)
    return true
  }
}
