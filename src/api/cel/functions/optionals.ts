import { Duration } from '../values/duration.ts'
import { EvaluationError, noSuchOverload } from '../values/evaluation-error.ts'
import { ArrayList, ListValue } from '../values/list.ts'
import { MapValue } from '../values/map.ts'
import { Optional } from '../values/optional.ts'
import { Timestamp } from '../values/timestamp.ts'
import { Uint } from '../values/uint.ts'
import type { Value } from '../values/value.ts'
import { listIndex } from './operators.ts'
import { type Overload, overload } from './overload.ts'

/** Of the year 1: Go's zero time. */
const FIRST_SECOND = -62_135_596_800n

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true
  if (value instanceof ListValue || value instanceof MapValue) return value.size === 0
  if (value instanceof Uint8Array) return value.length === 0
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Duration) return value.nanos === 0n
  if (value instanceof Timestamp) return value.seconds === FIRST_SECOND && value.nanos % 1_000_000_000n === 0n
  return value instanceof Optional && !value.hasValue
}

/** The element of a list or the value of a map, if it is there; of an optional one likewise. */
export function optionalAt(container: Value, index: Value): Optional {
  const inner = container instanceof Optional ? container.content : container
  if (inner === undefined) return Optional.none
  if (inner instanceof MapValue) return Optional.of(inner.find(index))
  if (!(inner instanceof ListValue)) throw noSuchOverload()
  const position = listIndex(inner, index)
  return position < 0 ? Optional.none : Optional.of(inner.at(position))
}

function unwrapped(list: ListValue): ListValue {
  const values: Value[] = []
  for (const item of list) {
    if (!(item instanceof Optional)) throw new EvaluationError(`value ${String(item)} is not optional`)
    if (item.content !== undefined) values.push(item.content)
  }
  return new ArrayList(values)
}

/** Optional types; `or` and `orValue` do not need their argument where there is a value. */
export const optionals: readonly Overload[] = [
  overload('optional.of(V) -> optional(V)', (value: Value) => Optional.of(value)),
  overload('optional.ofNonZeroValue(V) -> optional(V)', (value: Value) =>
    isZero(value) ? Optional.none : Optional.of(value),
  ),
  overload('optional.none() -> optional(V)', () => Optional.none),
  overload('optional(V).value() -> V', (value: Optional) => value.value()),
  overload('optional(V).hasValue() -> bool', (value: Optional) => value.hasValue),
  overload('optional(V).or(optional(V)) -> optional(V)', (a: Optional, b: Optional) => (a.hasValue ? a : b)),
  overload('optional(V).orValue(V) -> V', (a: Optional, b: Value) => a.content ?? b),
  overload('_?._(dyn, string) -> optional(V)', optionalAt),
  overload('_[?_](list(V), int) -> optional(V)', optionalAt),
  overload('_[?_](optional(list(V)), int) -> optional(V)', optionalAt),
  overload('_[?_](map(K, V), K) -> optional(V)', optionalAt),
  overload('_[?_](optional(map(K, V)), K) -> optional(V)', optionalAt),
  overload('_[_](optional(list(V)), int) -> optional(V)', optionalAt),
  overload('_[_](optional(map(K, V)), K) -> optional(V)', optionalAt),
  overload('list(V).first() -> optional(V)', (list: ListValue) => Optional.of(list.size > 0 ? list.at(0) : undefined)),
  overload('list(V).last() -> optional(V)', (list: ListValue) =>
    Optional.of(list.size > 0 ? list.at(list.size - 1) : undefined),
  ),
  overload('optional.unwrap(list(optional(V))) -> list(V)', unwrapped),
  overload('list(optional(V)).unwrapOpt() -> list(V)', unwrapped),
]
