import { baseFunctions } from './functions/index.ts'
import { LibraryTypes } from './functions/library-types.ts'
import type { FunctionTable } from './functions/overload.ts'
import { type CelType, Types } from './type.ts'

/** What an expression may use. */
export interface Environment {
  readonly variables: ReadonlyMap<string, CelType>
  readonly functions: FunctionTable
  /** Types by the names that expressions have for them: `int`, `google.protobuf.Timestamp`. */
  readonly types: ReadonlyMap<string, CelType>
}

const baseTypes: ReadonlyMap<string, CelType> = new Map(
  [
    Types.bool,
    Types.bytes,
    Types.double,
    Types.duration,
    Types.int,
    Types.list,
    Types.map,
    Types.null,
    Types.string,
    Types.timestamp,
    Types.type,
    Types.uint,
    Types.optional,
    LibraryTypes.Ip,
    LibraryTypes.Cidr,
  ].map((type) => [type.name, type]),
)

/** Kubernetes' base environment with variables of one's own. */
export const environmentOf = (variables: Readonly<Record<string, CelType>>): Environment => ({
  variables: new Map(Object.entries(variables)),
  functions: baseFunctions,
  types: baseTypes,
})
