import { setComparison } from '../cost/call-costs.ts'
import { equals } from '../values/equals.ts'
import type { ListValue } from '../values/list.ts'
import type { Value } from '../values/value.ts'
import { type Overload, overload } from './overload.ts'

const isIn = (list: ListValue, value: Value): boolean => [...list].some((element) => equals(element, value))
const contains = (list: ListValue, part: ListValue): boolean => [...part].every((value) => isIn(list, value))

/** Lists taken for sets. */
export const sets: readonly Overload[] = [
  overload('sets.contains(list(T), list(T)) -> bool', contains, setComparison(1)),
  overload(
    'sets.equivalent(list(T), list(T)) -> bool',
    (a: ListValue, b: ListValue) => contains(a, b) && contains(b, a),
    setComparison(2),
  ),
  overload(
    'sets.intersects(list(T), list(T)) -> bool',
    (a: ListValue, b: ListValue) => [...a].some((value) => isIn(b, value)),
    setComparison(1),
  ),
]
