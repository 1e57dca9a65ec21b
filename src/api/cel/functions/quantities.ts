import { type Amount, parseQuantity } from '../../quantity.ts'
import { traversal } from '../cost/call-costs.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import { Opaque } from '../values/opaque.ts'
import { LibraryTypes } from './library-types.ts'
import { type Overload, overload } from './overload.ts'

const NANO = 1_000_000_000n

class Quantity extends Opaque {
  override readonly type = LibraryTypes.Quantity
  readonly nanos: bigint

  constructor({ nanos }: Pick<Amount, 'nanos'>) {
    super()
    this.nanos = nanos
  }

  override equals(other: Opaque): boolean {
    return other instanceof Quantity && other.nanos === this.nanos
  }

  compare(other: Quantity): bigint {
    return this.nanos < other.nanos ? -1n : this.nanos > other.nanos ? 1n : 0n
  }

  /** Undefined for what is no int64. */
  get integer(): bigint | undefined {
    const whole = this.nanos / NANO
    return this.nanos % NANO === 0n && BigInt.asIntN(64, whole) === whole ? whole : undefined
  }
}

function quantityOf(text: string): Quantity {
  try {
    return new Quantity(parseQuantity(text))
  } catch (cause) {
    throw new EvaluationError((cause as Error).message, { cause })
  }
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch {
    return false
  }
}

function asInteger({ integer }: Quantity): bigint {
  if (integer === undefined) throw new EvaluationError('cannot convert value to integer')
  return integer
}

const nanosOf = (amount: Quantity | bigint): bigint => (amount instanceof Quantity ? amount.nanos : amount * NANO)
const add = (a: Quantity, b: Quantity | bigint): Quantity => new Quantity({ nanos: a.nanos + nanosOf(b) })
const sub = (a: Quantity, b: Quantity | bigint): Quantity => new Quantity({ nanos: a.nanos - nanosOf(b) })
const sign = ({ nanos }: Quantity): bigint => (nanos < 0n ? -1n : nanos > 0n ? 1n : 0n)

/** Kubernetes' library of quantities. `sign` is declared as a function there, although the documentation calls it a method. */
export const quantities: readonly Overload[] = [
  overload('quantity(string) -> Quantity', quantityOf, traversal(0)),
  overload('isQuantity(string) -> bool', isQuantity, traversal(0)),
  overload('sign(Quantity) -> int', sign),
  overload('Quantity.isGreaterThan(Quantity) -> bool', (a: Quantity, b: Quantity) => a.compare(b) > 0n),
  overload('Quantity.isLessThan(Quantity) -> bool', (a: Quantity, b: Quantity) => a.compare(b) < 0n),
  overload('Quantity.compareTo(Quantity) -> int', (a: Quantity, b: Quantity) => a.compare(b)),
  overload('Quantity.asApproximateFloat() -> double', ({ nanos }: Quantity) => Number(nanos) / 1e9),
  overload('Quantity.asInteger() -> int', asInteger),
  overload('Quantity.isInteger() -> bool', ({ integer }: Quantity) => integer !== undefined),
  overload('Quantity.add(Quantity) -> Quantity', add),
  overload('Quantity.add(int) -> Quantity', add),
  overload('Quantity.sub(Quantity) -> Quantity', sub),
  overload('Quantity.sub(int) -> Quantity', sub),
]
