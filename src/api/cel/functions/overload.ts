import type { CallCost } from '../cost/call-cost.ts'
import { nominal } from '../cost/call-costs.ts'
import type { CelType } from '../type.ts'
import { ListValue } from '../values/list.ts'
import { typeOfValue } from '../values/type-of.ts'
import type { Value } from '../values/value.ts'
import { parseSignature } from './signature.ts'

/** One way to call a function: its types, what it does and what it costs. */
export interface Overload {
  readonly name: string
  /** Called on its first parameter. */
  readonly isMember: boolean
  readonly parameters: readonly CelType[]
  readonly result: CelType
  /** The letters in its types. */
  readonly typeParameters: readonly string[]
  call(...args: readonly Value[]): Value
  readonly cost: CallCost
}

/**
 * Declares an overload: `string.split(string, int) -> list(string)`, `type(A) -> type(A)`. `call` gets arguments of these
 * types, the receiver first. Throws EvaluationError.
 */
export function overload(signature: string, call: (...args: never[]) => Value, cost: CallCost = nominal): Overload {
  return { ...parseSignature(signature), call: call as unknown as Overload['call'], cost }
}

/** A function, by name: what an environment consists of. */
export type FunctionTable = ReadonlyMap<string, readonly Overload[]>

/** The overloads of several libraries under their names; those of one name add up in order. */
export function functionTable(...libraries: readonly (readonly Overload[])[]): FunctionTable {
  const table = new Map<string, Overload[]>()
  for (const declared of libraries.flat()) {
    const known = table.get(declared.name)
    if (known) known.push(declared)
    else table.set(declared.name, [declared])
  }
  return table
}

/** Types that lists of which can be sorted, and others that can be added up. */
export const COMPARABLE = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'] as const
export const SUMMABLE = ['int', 'uint', 'double', 'duration'] as const

/** May a value be given for a parameter. Of lists and maps the first entry is looked at, as upstream does. */
export function accepts(parameter: CelType, value: Value): boolean {
  if (parameter.kind === 'dyn' || parameter.kind === 'param') return true
  if (value instanceof ListValue) {
    if (parameter.kind !== 'list') return false
    return value.size === 0 || acceptsAny(parameter.parameter(0)) || accepts(parameter.parameter(0), value.at(0))
  }
  if (typeof value === 'string') return parameter.kind === 'string'
  if (typeof value === 'bigint') return parameter.kind === 'int'
  const actual = typeOfValue(value)
  return parameter.kind === actual.kind && (parameter.kind === 'map' || parameter.name === actual.name)
}

const acceptsAny = ({ kind }: CelType): boolean => kind === 'dyn' || kind === 'param'
