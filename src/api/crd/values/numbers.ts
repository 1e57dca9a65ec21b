import { FieldErrorType } from '../../field-error.ts'
import { goFloat, goNumber, isInt64 } from '../go-text.ts'
import type { Schema } from '../schema.ts'
import type { Findings } from './findings.ts'

export type NumberCheck = (value: number, findings: Findings) => void

/** How a schema's numbers are stored: only a single type tells. */
interface NumberKind {
  readonly type: 'integer' | 'number' | ''
  readonly format: string
}

/** The checks of a schema for numbers, in upstream's order; none: every number fits. Upstream: numberValidator. */
export function numberChecks(schema: Schema, types: readonly string[], format: string): NumberCheck[] {
  const kind = kindOf(types, format)
  const checks: NumberCheck[] = []
  if (kind.type === 'integer' || kind.format === 'float') checks.push(rangeCheck(kind))
  const { multipleOf, minimum, maximum } = schema
  if (multipleOf !== undefined) checks.push(multipleCheck(multipleOf, kind))
  if (minimum !== undefined) checks.push(minimumCheck(minimum, schema.exclusiveMinimum === true, kind))
  if (maximum !== undefined) checks.push(maximumCheck(maximum, schema.exclusiveMaximum === true, kind))
  return checks
}

function kindOf([type, ...others]: readonly string[], format: string): NumberKind {
  if (others.length > 0) return { type: '', format: '' }
  if (type === 'integer') return { type, format: format === 'int32' || format === 'int64' ? format : '' }
  if (type === 'number') return { type, format: format === 'float' || format === 'double' ? format : '' }
  return { type: '', format: '' }
}

const MAX_FLOAT32 = 3.4028234663852886e38
const MAX_INT32 = 2 ** 31 - 1

function fits(value: number, { type, format }: NumberKind): boolean {
  if (type === 'integer') {
    if (format !== 'int32') return isInt64(value)
    return Number.isInteger(value) && value >= -MAX_INT32 - 1 && value <= MAX_INT32
  }
  return format !== 'float' || Math.abs(value) <= MAX_FLOAT32
}

function tellRange(what: string, { type, format }: NumberKind, findings: Findings): void {
  const words = format === '' ? `${type} (default format)` : `${type} with format ${format}`
  findings.failWhole((path) => `${what} value must be of type ${words} in ${path}`)
}

function rangeCheck(kind: NumberKind): NumberCheck {
  return (value, findings) => {
    if (!fits(value, kind)) tellRange('Checked', kind, findings)
  }
}

/**
 * A limit is checked as an int64 where the value is one: upstream cuts its fraction off. One that does not fit the type
 * itself is told with every value, and compared as it is.
 */
function multipleCheck(factor: number, kind: NumberKind): NumberCheck {
  const isFit = fits(factor, kind)
  return (value, findings) => {
    if (!isFit) tellRange('MultipleOf', kind, findings)
    const isWhole = isFit && isInt64(value)
    const divisor = isWhole ? Math.trunc(factor) : factor
    const shown = isWhole ? goNumber(divisor) : goFloat(divisor)
    if (divisor <= 0) {
      const text = (path: string) => `factor MultipleOf declared for ${path} must be positive: ${shown}`
      findings.failNamed(FieldErrorType.Invalid, divisor, text)
    } else if (!isMultiple(value, divisor, isWhole)) {
      findings.fail(FieldErrorType.Invalid, value, `should be a multiple of ${shown}`)
    }
  }
}

function isMultiple(value: number, divisor: number, isWhole: boolean): boolean {
  if (isWhole) return value % divisor === 0
  return isNearInteger(divisor < 1 ? (1 / divisor) * value : value / divisor)
}

const EPSILON = 1e-9

/** Whole, but for what a division loses. Upstream: swag's IsFloat64AJSONInteger. */
export function isNearInteger(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return false
  const whole = Math.round(value)
  return value === whole || Math.abs(value - whole) < EPSILON * Math.abs(whole)
}

function minimumCheck(minimum: number, exclusive: boolean, kind: NumberKind): NumberCheck {
  const isFit = fits(minimum, kind)
  const words = exclusive ? 'should be greater than' : 'should be greater than or equal to'
  return (value, findings) => {
    if (!isFit) tellRange('Minimum boundary', kind, findings)
    const isWhole = isFit && isInt64(value)
    const limit = isWhole ? Math.trunc(minimum) : minimum
    if (value > limit || (value === limit && !exclusive)) return
    findings.fail(FieldErrorType.Invalid, value, `${words} ${isWhole ? goNumber(limit) : goFloat(limit)}`)
  }
}

function maximumCheck(maximum: number, exclusive: boolean, kind: NumberKind): NumberCheck {
  const isFit = fits(maximum, kind)
  const words = exclusive ? 'should be less than' : 'should be less than or equal to'
  return (value, findings) => {
    if (!isFit) tellRange('Maximum boundary', kind, findings)
    const isWhole = isFit && isInt64(value)
    const limit = isWhole ? Math.trunc(maximum) : maximum
    if (value < limit || (value === limit && !exclusive)) return
    findings.fail(FieldErrorType.Invalid, value, `${words} ${isWhole ? goNumber(limit) : goFloat(limit)}`)
  }
}
