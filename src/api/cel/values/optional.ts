import { EvaluationError } from './evaluation-error.ts'
import type { Value } from './value.ts'

/** A value that may be missing. */
export class Optional {
  static readonly none = new Optional(undefined)
  readonly #value: Value | undefined

  private constructor(value: Value | undefined) {
    this.#value = value
  }

  static of(value: Value | undefined): Optional {
    return value === undefined ? Optional.none : new Optional(value)
  }

  get hasValue(): boolean {
    return this.#value !== undefined
  }

  /** Undefined where there is none. */
  get content(): Value | undefined {
    return this.#value
  }

  /** Throws EvaluationError where there is none. */
  value(): Value {
    if (this.#value === undefined) throw new EvaluationError('optional.none() dereference')
    return this.#value
  }
}
