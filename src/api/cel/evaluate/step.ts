import type { EvaluationError } from '../values/evaluation-error.ts'
import type { Value } from '../values/value.ts'
import type { Meter } from './meter.ts'

/** What one evaluation works on. */
export interface Frame {
  /** Values of variables; a loop's accumulator may have failed. */
  readonly slots: (Value | EvaluationError)[]
  readonly meter: Meter
}

/** Throws EvaluationError. */
export type Step = (frame: Frame) => Value
