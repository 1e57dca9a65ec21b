import { Duration } from './duration.ts'
import { EvaluationError, noSuchOverload } from './evaluation-error.ts'
import { Timestamp } from './timestamp.ts'
import { Uint } from './uint.ts'
import type { Value } from './value.ts'

/** Negative, zero or positive. Throws EvaluationError for values that have no order. */
export function compare(a: Value, b: Value): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  const left = orderOf(a)
  const right = orderOf(b)
  if (left === undefined || right === undefined || !isComparable(a, b)) return compareBytes(a, b)
  if (Number.isNaN(left) || Number.isNaN(right)) throw new EvaluationError('NaN values cannot be ordered')
  return left < right ? -1 : left > right ? 1 : 0
}

/** Go compares texts by their UTF-8, which is by code points. */
function compareText(a: string, b: string): number {
  if (a === b) return 0
  return /[\ud800-\udfff]/.test(a) || /[\ud800-\udfff]/.test(b)
    ? Buffer.compare(Buffer.from(a), Buffer.from(b))
    : a < b
      ? -1
      : 1
}

function orderOf(value: Value): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value === 'boolean') return Number(value)
  if (value instanceof Uint) return value.value
  return value instanceof Timestamp || value instanceof Duration ? value.nanos : undefined
}

const isNumeric = (value: Value): boolean =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint

function isComparable(a: Value, b: Value): boolean {
  if (isNumeric(a)) return isNumeric(b)
  if (typeof a === 'boolean') return typeof b === 'boolean'
  return a instanceof Timestamp ? b instanceof Timestamp : b instanceof Duration
}

function compareBytes(a: Value, b: Value): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  throw noSuchOverload()
}
