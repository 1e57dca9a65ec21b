import { FieldErrorType } from '../field-error.ts'

/** A number as Go's `%v` prints an int64, or a float64 where it is none. */
export function goNumber(value: number): string {
  return isInt64(value) ? BigInt(value).toString() : goFloat(value)
}

/** What Go's JSON decoder makes an int64 of; everything else is a float64. */
export const isInt64 = (value: number): boolean => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63

/** A number as Go's `%v` prints a float64: from 10⁶ on, and below 10⁻⁴, with an exponent of two digits. */
export function goFloat(value: number): string {
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** Text in double quotes as Go's `%q` writes it. */
export const goQuote = (text: string): string => JSON.stringify(text)

/** The words that begin the message of an error of this type. */
const HEADS: Readonly<Record<FieldErrorType, string>> = {
  [FieldErrorType.NotFound]: 'Not found',
  [FieldErrorType.Required]: 'Required value',
  [FieldErrorType.Duplicate]: 'Duplicate value',
  [FieldErrorType.Invalid]: 'Invalid value',
  [FieldErrorType.NotSupported]: 'Unsupported value',
  [FieldErrorType.Forbidden]: 'Forbidden',
  [FieldErrorType.TooLong]: 'Too long',
  [FieldErrorType.TooMany]: 'Too many',
  [FieldErrorType.Internal]: 'Internal error',
  [FieldErrorType.TypeInvalid]: 'Invalid value',
}

/** The message of an error that shows a value: `Invalid value: 5: must be …`. */
export function valueMessage(type: FieldErrorType, value: unknown, detail: string): string {
  return `${HEADS[type]}: ${goValue(value)}${detail === '' ? '' : `: ${detail}`}`
}

function goValue(value: unknown): string {
  if (typeof value === 'number') return goNumber(value)
  return value === undefined ? 'null' : JSON.stringify(value)
}
