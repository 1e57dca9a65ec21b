import { flattening, listTraversal, ranging, reversing, selfComparison, slicing } from '../cost/call-costs.ts'
import { compare } from '../values/compare.ts'
import { Duration } from '../values/duration.ts'
import { equals } from '../values/equals.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import { ArrayList, ListValue } from '../values/list.ts'
import { typeOfValue } from '../values/type-of.ts'
import { Uint } from '../values/uint.ts'
import type { Value } from '../values/value.ts'
import { operators } from './operators.ts'
import { accepts, COMPARABLE, type Overload, overload, SUMMABLE } from './overload.ts'

function isSorted(list: ListValue): boolean {
  for (let index = 1; index < list.size; index++) if (compare(list.at(index - 1), list.at(index)) > 0) return false
  return true
}

const ZEROS: Readonly<Record<(typeof SUMMABLE)[number], Value>> = {
  int: 0n,
  uint: new Uint(0n),
  double: 0,
  duration: new Duration(0n),
}

const additions = operators.filter(({ name }) => name === '_+_')

function sum(list: ListValue, zero: Value): Value {
  let total = zero
  for (const value of list) {
    const add = additions.find(
      ({ parameters: [left, right] }) => left && right && accepts(left, value) && left.is(right),
    )
    if (!add) throw new EvaluationError('no such overload')
    total = add.call(total, value)
  }
  return total
}

function extreme(list: ListValue, name: 'min' | 'max'): Value {
  if (list.size === 0) throw new EvaluationError(`${name} called on empty list`)
  let best = list.at(0)
  for (const value of list) {
    const order = compare(best, value)
    if (name === 'min' ? order > 0 : order < 0) best = value
  }
  return best
}

function indexOf(list: ListValue, value: Value): bigint {
  for (let index = 0; index < list.size; index++) if (equals(list.at(index), value)) return BigInt(index)
  return -1n
}

function lastIndexOf(list: ListValue, value: Value): bigint {
  for (let index = list.size - 1; index >= 0; index--) if (equals(list.at(index), value)) return BigInt(index)
  return -1n
}

/** Kubernetes' library of lists. */
export const lists: readonly Overload[] = [
  ...COMPARABLE.flatMap((type) => [
    overload(`list(${type}).isSorted() -> bool`, isSorted, listTraversal),
    overload(`list(${type}).max() -> ${type}`, (list: ListValue) => extreme(list, 'max'), listTraversal),
    overload(`list(${type}).min() -> ${type}`, (list: ListValue) => extreme(list, 'min'), listTraversal),
  ]),
  ...SUMMABLE.map((type) =>
    overload(`list(${type}).sum() -> ${type}`, (list: ListValue) => sum(list, ZEROS[type]), listTraversal),
  ),
  overload('list(A).indexOf(A) -> int', indexOf, listTraversal),
  overload('list(A).lastIndexOf(A) -> int', lastIndexOf, listTraversal),
]

function slice(list: ListValue, start: bigint, end: bigint): ListValue {
  const what = `cannot slice(${start}, ${end})`
  if (start < 0n || end < 0n) throw new EvaluationError(`${what}, negative indexes not supported`)
  if (start > end) throw new EvaluationError(`${what}, start index must be less than or equal to end index`)
  if (end > list.size) throw new EvaluationError(`${what}, list is length ${list.size}`)
  return new ArrayList([...list].slice(Number(start), Number(end)))
}

function flatten(list: ListValue, depth = 1n): ListValue {
  if (depth < 0n) throw new EvaluationError('level must be non-negative')
  const items = [...list].flatMap((item) =>
    item instanceof ListValue && depth > 0n ? [...flatten(item, depth - 1n)] : [item],
  )
  return new ArrayList(items)
}

function sortBy(list: ListValue, keys: ListValue): ListValue {
  if (list.size !== keys.size) {
    const sizes = `${list.size} and ${keys.size} elements respectively`
    const wanted = '@sortByAssociatedKeys() expected a list of the same size as the associated keys list'
    throw new EvaluationError(`${wanted}, but got ${sizes}`)
  }
  const known = [...keys]
  const type = known[0] === undefined ? undefined : typeOfValue(known[0])
  if (known.some((key) => typeOfValue(key) !== type)) {
    throw new EvaluationError('list elements must have the same type')
  }
  const order = known.map((_, index) => index).sort((a, b) => compare(known[a] as Value, known[b] as Value))
  return new ArrayList(order.map((index) => list.at(index)))
}

/** Upstream makes the list, whatever its size: the cost limit tells afterwards. Here there is an end to it before. */
const MAX_RANGE = 1_000_000n

function range(end: bigint): ListValue {
  const size = Number(end < 0n ? 0n : end > MAX_RANGE ? MAX_RANGE : end)
  return new ArrayList(Array.from({ length: size }, (_, index) => BigInt(index)))
}

function distinct(list: ListValue): ListValue {
  const found: Value[] = []
  for (const value of list) if (!found.some((known) => equals(known, value))) found.push(value)
  return new ArrayList(found)
}

/** Version 3 of cel-go's extension for lists. */
export const listExtensions: readonly Overload[] = [
  overload('list(T).slice(int, int) -> list(T)', slice, slicing),
  overload('list(list(T)).flatten() -> list(T)', (list: ListValue) => flatten(list), flattening),
  overload('list(dyn).flatten(int) -> list(dyn)', flatten, flattening),
  ...COMPARABLE.map((type) =>
    overload(`list(${type}).sort() -> list(${type})`, (list: ListValue) => sortBy(list, list), selfComparison(0)),
  ),
  ...COMPARABLE.map((type) =>
    overload(`list(T).@sortByAssociatedKeys(list(${type})) -> list(T)`, sortBy, selfComparison(1)),
  ),
  overload('lists.range(int) -> list(int)', range, ranging),
  overload('list(T).reverse() -> list(T)', (list: ListValue) => new ArrayList([...list].reverse()), reversing),
  overload('list(T).distinct() -> list(T)', distinct, selfComparison(0)),
]
