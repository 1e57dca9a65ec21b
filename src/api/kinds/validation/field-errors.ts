import {
  duplicate,
  type FieldError,
  FieldErrorType,
  fieldForbidden,
  fieldNotFound,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../field-error.ts'
import type { FieldPath } from './field-path.ts'

/** A path, or the text of one: texts are for the root fields of small kinds. */
export type At = FieldPath | string

/**
 * What validators found wrong with one object, in the order found. Every validator takes the path it stands at and this
 * collector last; nothing is allocated for what is right.
 */
export class FieldErrors {
  readonly list: FieldError[] = []

  get count(): number {
    return this.list.length
  }

  required(at: At, detail?: string): void {
    this.list.push(required(String(at), detail))
  }

  invalid(at: At, value: unknown, detail: string): void {
    this.list.push(invalid(String(at), value, detail))
  }

  /** One error for each of the texts that a name rule gave. */
  invalidAll(at: At, value: unknown, details: readonly string[]): void {
    for (const detail of details) this.invalid(at, value, detail)
  }

  duplicate(at: At, value: unknown): void {
    this.list.push(duplicate(String(at), value))
  }

  /** `supported` in the order in which upstream lists it: sorted, except for a few fields. */
  notSupported(at: At, value: unknown, supported: readonly string[]): void {
    this.list.push(notSupported(String(at), value, supported))
  }

  forbidden(at: At, detail: string): void {
    this.list.push(fieldForbidden(String(at), detail))
  }

  notFound(at: At, value: unknown, detail = ''): void {
    const error = fieldNotFound(String(at), value)
    this.list.push(detail === '' ? error : { ...error, message: `${error.message}: ${detail}` })
  }

  tooLong(at: At, maxBytes: number): void {
    this.list.push(tooLong(String(at), maxBytes))
  }

  tooMany(at: At, actual: number, max: number): void {
    this.list.push(tooMany(String(at), actual, max))
  }

  /** A rule could not be applied; `message` is the error's own text. */
  internal(at: At, message: string): void {
    this.list.push({ type: FieldErrorType.Internal, field: String(at), message: `Internal error: ${message}` })
  }
}

/** Runs validators on a fresh collector and returns what they found. */
export function collect(validate: (errors: FieldErrors) => void): FieldError[] {
  const errors = new FieldErrors()
  validate(errors)
  return errors.list
}
