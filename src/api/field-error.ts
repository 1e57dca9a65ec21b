import { Reason, StatusError } from './status-error.ts'

/** field.ErrorType of apimachinery: reason in a cause, and the words that begin its message. */
export const FieldErrorType = {
  NotFound: 'FieldValueNotFound',
  Required: 'FieldValueRequired',
  Duplicate: 'FieldValueDuplicate',
  Invalid: 'FieldValueInvalid',
  NotSupported: 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  Internal: 'InternalError',
  TypeInvalid: 'FieldValueTypeInvalid',
} as const
export type FieldErrorType = (typeof FieldErrorType)[keyof typeof FieldErrorType]

/** One thing wrong with one field of an object. `field` is a path as upstream writes it: `spec.containers[0].name`. */
export interface FieldError {
  readonly type: FieldErrorType
  readonly field: string
  /** The whole message without the path: `Invalid value: "x": must be …`. */
  readonly message: string
}

const quote = (value: unknown): string => (typeof value === 'string' ? goQuote(value) : goValue(value))

/** A Go `%q` of a string: JSON's escapes are the same for what names and values hold. */
function goQuote(value: string): string {
  return JSON.stringify(value)
}

/** Upstream prints numbers and bools bare, null as `null` and composite values as JSON (since v1.34). */
function goValue(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}

export const required = (field: string, detail = ''): FieldError => ({
  type: FieldErrorType.Required,
  field,
  message: detail === '' ? 'Required value' : `Required value: ${detail}`,
})

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: FieldErrorType.Invalid,
  field,
  message: `Invalid value: ${quote(value)}${detail === '' ? '' : `: ${detail}`}`,
})

export const duplicate = (field: string, value: unknown): FieldError => ({
  type: FieldErrorType.Duplicate,
  field,
  message: `Duplicate value: ${quote(value)}`,
})

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: FieldErrorType.NotSupported,
  field,
  message: `Unsupported value: ${quote(value)}: supported values: ${[...supported].map(goQuote).join(', ')}`,
})

export const fieldForbidden = (field: string, detail: string): FieldError => ({
  type: FieldErrorType.Forbidden,
  field,
  message: `Forbidden: ${detail}`,
})

export const fieldNotFound = (field: string, value: unknown): FieldError => ({
  type: FieldErrorType.NotFound,
  field,
  message: `Not found: ${quote(value)}`,
})

export const tooLong = (field: string, maxBytes: number): FieldError => ({
  type: FieldErrorType.TooLong,
  field,
  message: `Too long: may not be more than ${maxBytes} bytes`,
})

export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  type: FieldErrorType.TooMany,
  field,
  message: `Too many: ${actual}: must have at most ${max} item${max === 1 ? '' : 's'}`,
})

/** 422: the object of this kind and name breaks the rules in `errors`. The message names repeated errors once. */
export function invalidObject(
  kind: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const qualifiedKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  return new StatusError({
    code: 422,
    reason: Reason.Invalid,
    message: `${qualifiedKind} "${name}" is invalid: ${list}`,
    details: {
      ...(name !== '' && { name }),
      ...(kind.group !== '' && { group: kind.group }),
      kind: kind.kind,
      causes: errors.map((error) => ({ reason: error.type, message: error.message, field: error.field })),
    },
  })
}
