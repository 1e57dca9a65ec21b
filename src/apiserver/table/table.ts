import type { ApiObject, Cell, ResourceDefinition } from '../../api/resource.ts'
import { badRequest } from '../../api/status-error.ts'
import type { ListMeta } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { type ColumnDefinition, columnDefinitions, columnsOf } from './columns.ts'
import { type MetaVersion, partialMetadata } from './partial-metadata.ts'
import { type RowCondition, rowConditions } from './row-conditions.ts'

export interface TableRow {
  readonly cells: readonly Cell[]
  readonly conditions?: readonly RowCondition[]
  readonly object: unknown
}

/** metav1.Table: objects as rows of printable cells. */
export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: string
  readonly metadata: DeepReadonly<ListMeta>
  readonly columnDefinitions: readonly ColumnDefinition[] | null
  readonly rows: readonly TableRow[]
}

/** What of the object goes with each row: nothing, its metadata (the default), or all of it. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  /** Milliseconds since the epoch: ages are counted up to here. */
  readonly now: number
  readonly includeObject?: IncludeObject
  readonly version?: MetaVersion
  /** Of a list: its resourceVersion, continue and remainingItemCount. Of one object: its resourceVersion. */
  readonly metadata: DeepReadonly<ListMeta>
  /** Watch events after the first leave the column definitions out. Default true. */
  readonly headers?: boolean
}

/** The `includeObject` query parameter; 400 when it is none of the three. */
export function includeObjectOf(parameter: string | undefined): IncludeObject {
  if (parameter === undefined || parameter === '') return 'Metadata'
  if (parameter === 'None' || parameter === 'Metadata' || parameter === 'Object') return parameter
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: "${parameter}": must be 'Metadata', 'Object', 'None', or empty`,
  )
}

/** The Table of objects of one resource. `definition` gives the columns. */
export function tableOf(
  definition: ResourceDefinition,
  objects: Iterable<DeepReadonly<ApiObject>>,
  { now, includeObject = 'Metadata', version = 'v1', metadata, headers = true }: TableOptions,
): Table {
  const columns = columnsOf(definition)
  const rows = Array.from(objects, (object): TableRow => {
    const conditions = rowConditions(definition, object)
    return {
      cells: columns.map((column) => column.cell(object, now)),
      ...(conditions && { conditions }),
      object: includedPart(object, includeObject, version),
    }
  })
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: headers ? columnDefinitions(definition) : null,
    rows,
  }
}

function includedPart(object: DeepReadonly<ApiObject>, include: IncludeObject, version: MetaVersion): unknown {
  if (include === 'None') return null
  return include === 'Object' ? object : partialMetadata(object, version)
}
