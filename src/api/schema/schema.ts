import { readFileSync } from 'node:fs'

export type ScalarType =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes'
  | 'time'
  | 'microtime'
  | 'duration'
  | 'quantity'
  | 'int-or-string'
  | 'object'
  | 'any'
  | 'date-time'

export type FieldType = ScalarType | { list: FieldType } | { map: FieldType } | { ref: string }

/**
 * What Go's JSON encoder does with a field's zero value (false, 0, "", empty list or map, struct of zeros):
 * - `drop`: leaves it out (omitempty on a value, omitzero on a struct); a client's explicit zero vanishes
 * - `keep`: writes what was given, leaves out what was not (a pointer with omitempty)
 * - `write`: always writes it, a missing one too (no omitempty; a struct value): `""`, `0`, `{}`, and `null` for a list or map
 * - `null`: always writes it, as `null` when missing (pointer without omitempty, a time value)
 */
export type ZeroRule = 'drop' | 'keep' | 'write' | 'null'

export interface FieldSchema {
  readonly name: string
  readonly type: FieldType
  readonly zero: ZeroRule
  /** The Go type, as `v1.PodPhase`, where it has a name and is no struct: errors of decoding show it. */
  readonly goType?: string
  readonly required?: boolean
  readonly values?: readonly string[]
  readonly default?: unknown
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
  /** Protobuf field number; a list where JSON flattens nested messages, outermost first. */
  readonly proto?: number | readonly number[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly maxBytes?: number
  readonly format?: string
  readonly immutable?: boolean
}

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** A type of the API; `fields` in the order in which they are written, absent on scalars. */
export interface TypeSchema {
  readonly name: string
  readonly gvk?: readonly GroupVersionKind[]
  readonly protoMessage?: string
  readonly mapType?: 'atomic' | 'granular'
  readonly scalar?: ScalarType
  readonly unions?: readonly { discriminator?: string; 'fields-to-discriminateBy': Record<string, string> }[]
  readonly fields?: readonly FieldSchema[]
}

export interface SubresourceSchema extends GroupVersionKind {
  /** API verbs; `connect` stands for every method. */
  readonly verbs: readonly string[]
}

export interface ResourceSchema extends GroupVersionKind {
  readonly plural: string
  readonly singular: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly namespaced: boolean
  /** API verbs, sorted: create delete deletecollection get list patch update watch. */
  readonly verbs: readonly string[]
  readonly subresources: Readonly<Record<string, SubresourceSchema>>
  /** Name of the type, a key of `types`. */
  readonly type: string
}

export interface SchemaTable {
  readonly version: string
  readonly groups: readonly { name: string; versions: readonly string[]; preferred: string }[]
  readonly resources: readonly ResourceSchema[]
  readonly types: ReadonlyMap<string, TypeSchema>
}

let table: SchemaTable | undefined

/** The table of every type and resource of the API, read on first use (3 ms). */
export function schemaTable(): SchemaTable {
  table ??= load(new URL('./generated/table.json', import.meta.url))
  return table
}

function load(file: URL): SchemaTable {
  const raw = JSON.parse(readFileSync(file, 'utf8')) as Omit<SchemaTable, 'types'> & {
    types: Record<string, TypeSchema>
  }
  const types = new Map(Object.entries(raw.types).map(([name, type]) => [name, { ...type, name }]))
  return { ...raw, types }
}

/** The schema of a named type; throws when the table has no such type. */
export function typeSchema(name: string): TypeSchema {
  const type = schemaTable().types.get(name)
  if (!type) throw new Error(`no type ${name} in the schema table`)
  return type
}
