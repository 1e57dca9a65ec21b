import type { Literal } from '../syntax/ast.ts'
import { type CelType, Types } from '../type.ts'

export function literalType(value: Literal): CelType {
  switch (typeof value) {
    case 'string':
      return Types.string
    case 'bigint':
      return Types.int
    case 'number':
      return Types.double
    case 'boolean':
      return Types.bool
    default:
      if (value === null) return Types.null
      return 'uint' in value ? Types.uint : Types.bytes
  }
}
