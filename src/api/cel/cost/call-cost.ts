import type { CelType } from '../type.ts'
import type { Value } from '../values/value.ts'
import type { Range } from './range.ts'

/** What is known of a call's arguments before it is made; the receiver of a method is argument 0. */
export interface KnownArguments {
  readonly count: number
  size(index: number): Range
  type(index: number): CelType
  /** Of the elements of a list. Undefined where the argument is none. */
  elementSize(index: number): Range | undefined
  /** The value of an integer literal, not below zero. */
  integer(index: number): number | undefined
}

export interface Estimate {
  readonly cost: Range
  /** Of the result, where the call tells more than the result's place in a schema. */
  readonly size?: Range
}

/** What calls of a function cost, beside what their arguments cost. */
export interface CallCost {
  estimate(args: KnownArguments): Estimate
  /** Paid before the call, so that none is made that cannot be paid. */
  track(args: readonly Value[]): number
  /** What can be known only afterwards. */
  trackResult?(result: Value): number
}
