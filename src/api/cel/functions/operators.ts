import { comparison, concatenation, equality, listConcatenation, membership } from '../cost/call-costs.ts'
import { compare } from '../values/compare.ts'
import { Duration } from '../values/duration.ts'
import { equals } from '../values/equals.ts'
import { EvaluationError, noSuchKey, noSuchOverload } from '../values/evaluation-error.ts'
import type { ListValue } from '../values/list.ts'
import type { MapValue } from '../values/map.ts'
import { sizeOf } from '../values/size.ts'
import type { Timestamp } from '../values/timestamp.ts'
import { Uint } from '../values/uint.ts'
import type { Value } from '../values/value.ts'
import { type Overload, overload } from './overload.ts'

const integer = (value: bigint): bigint => {
  if (BigInt.asIntN(64, value) !== value) throw new EvaluationError('integer overflow')
  return value
}
const unsigned = (value: bigint): Uint => {
  if (BigInt.asUintN(64, value) !== value) throw new EvaluationError('unsigned integer overflow')
  return new Uint(value)
}
const divisor = (value: bigint, what: 'division' | 'modulus'): bigint => {
  if (value === 0n) throw new EvaluationError(`${what} by zero`)
  return value
}

const arithmetic: readonly Overload[] = [
  overload('_+_(bytes, bytes) -> bytes', (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]), concatenation),
  overload('_+_(double, double) -> double', (a: number, b: number) => a + b),
  overload('_+_(duration, duration) -> duration', (a: Duration, b: Duration) => Duration.checked(a.nanos + b.nanos)),
  overload('_+_(duration, timestamp) -> timestamp', (a: Duration, b: Timestamp) => b.plus(a)),
  overload('_+_(timestamp, duration) -> timestamp', (a: Timestamp, b: Duration) => a.plus(b)),
  overload('_+_(int, int) -> int', (a: bigint, b: bigint) => integer(a + b)),
  overload('_+_(list(A), list(A)) -> list(A)', (a: ListValue, b: ListValue) => a.concat(b), listConcatenation),
  overload('_+_(string, string) -> string', (a: string, b: string) => a + b, concatenation),
  overload('_+_(uint, uint) -> uint', (a: Uint, b: Uint) => unsigned(a.value + b.value)),
  overload('_-_(double, double) -> double', (a: number, b: number) => a - b),
  overload('_-_(duration, duration) -> duration', (a: Duration, b: Duration) => Duration.checked(a.nanos - b.nanos)),
  overload('_-_(int, int) -> int', (a: bigint, b: bigint) => integer(a - b)),
  overload('_-_(timestamp, duration) -> timestamp', (a: Timestamp, b: Duration) => a.minus(b)),
  overload('_-_(timestamp, timestamp) -> duration', (a: Timestamp, b: Timestamp) => a.since(b)),
  overload('_-_(uint, uint) -> uint', (a: Uint, b: Uint) => unsigned(a.value - b.value)),
  overload('_*_(double, double) -> double', (a: number, b: number) => a * b),
  overload('_*_(int, int) -> int', (a: bigint, b: bigint) => integer(a * b)),
  overload('_*_(uint, uint) -> uint', (a: Uint, b: Uint) => unsigned(a.value * b.value)),
  overload('_/_(double, double) -> double', (a: number, b: number) => a / b),
  overload('_/_(int, int) -> int', (a: bigint, b: bigint) => integer(a / divisor(b, 'division'))),
  overload('_/_(uint, uint) -> uint', (a: Uint, b: Uint) => unsigned(a.value / divisor(b.value, 'division'))),
  overload('_%_(int, int) -> int', (a: bigint, b: bigint) => a % divisor(b, 'modulus')),
  overload('_%_(uint, uint) -> uint', (a: Uint, b: Uint) => unsigned(a.value % divisor(b.value, 'modulus'))),
  overload('-_(double) -> double', (value: number) => -value),
  overload('-_(int) -> int', (value: bigint) => integer(-value)),
]

const ORDERED = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'] as const
const NUMBERS = ['int', 'uint', 'double'] as const

/** Values of a type among themselves, and numbers of all types. */
const ORDERED_PAIRS: readonly (readonly [string, string])[] = [
  ...ORDERED.map((type) => [type, type] as const),
  ...NUMBERS.flatMap((a) => NUMBERS.filter((b) => b !== a).map((b) => [a, b] as const)),
]

function ordering(operator: string, holds: (order: number) => boolean): Overload[] {
  const call = (a: Value, b: Value) => holds(compare(a, b))
  return ORDERED_PAIRS.map(([a, b]) =>
    overload(`${operator}(${a}, ${b}) -> bool`, call, a === 'string' || a === 'bytes' ? comparison : undefined),
  )
}

/** In which position of a list, if any: an int, or another number that is one. */
export function listIndex(list: ListValue, index: Value): number {
  const number = index instanceof Uint ? index.value : index
  if (typeof number !== 'bigint' && !(typeof number === 'number' && Number.isInteger(number))) throw noSuchOverload()
  return number < 0 || number >= list.size ? -1 : Number(number)
}

function elementAt(list: ListValue, index: Value): Value {
  const position = listIndex(list, index)
  if (position < 0) throw new EvaluationError(`index out of bounds: ${index instanceof Uint ? index.value : index}`)
  return list.at(position)
}

function valueAt(map: MapValue, key: Value): Value {
  const value = map.find(key)
  if (value === undefined) throw noSuchKey(String(key instanceof Uint ? key.value : key))
  return value
}

function isElement(value: Value, list: ListValue): boolean {
  for (const element of list) if (equals(element, value)) return true
  return false
}

const size = (value: Value): bigint => BigInt(sizeOf(value))

/** The operators of CEL, apart from those that do not need all their operands. */
export const operators: readonly Overload[] = [
  ...arithmetic,
  ...ordering('_<_', (order) => order < 0),
  ...ordering('_<=_', (order) => order <= 0),
  ...ordering('_>_', (order) => order > 0),
  ...ordering('_>=_', (order) => order >= 0),
  overload('_==_(A, A) -> bool', (a: Value, b: Value) => equals(a, b), equality),
  overload('_!=_(A, A) -> bool', (a: Value, b: Value) => !equals(a, b), comparison),
  overload('!_(bool) -> bool', (value: boolean) => !value),
  overload('_[_](list(A), int) -> A', elementAt),
  overload('_[_](map(A, B), A) -> B', valueAt),
  overload('@in(A, list(A)) -> bool', isElement, membership),
  overload('@in(A, map(A, B)) -> bool', (key: Value, map: MapValue) => map.find(key) !== undefined),
  ...['string', 'bytes', 'list(A)', 'map(A, B)'].flatMap((type) => [
    overload(`size(${type}) -> int`, size),
    overload(`${type}.size() -> int`, size),
  ]),
]

/** These take part in type checking like functions, and are evaluated and paid in their own ways. */
export const lazyOperators: readonly Overload[] = [
  overload('_?_:_(bool, A, A) -> A', noSuchOverload as never),
  overload('_&&_(bool, bool) -> bool', noSuchOverload as never),
  overload('_||_(bool, bool) -> bool', noSuchOverload as never),
  overload('@not_strictly_false(bool) -> bool', (value: boolean) => value),
]
