import { nameColumn } from '../../api/kinds/printing/columns.ts'
import type { ApiObject, PrinterColumn, ResourceDefinition } from '../../api/resource.ts'
import { describeColumn } from './descriptions.ts'

/** metav1.TableColumnDefinition. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

/** Kinds without columns of their own show when they were created, as a time (upstream: NewDefaultTableConvertor). */
const defaultColumns: readonly PrinterColumn<ApiObject>[] = [
  nameColumn,
  { header: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp ?? null },
]

export const columnsOf = ({ rules }: ResourceDefinition): readonly PrinterColumn<ApiObject>[] =>
  rules.columns ?? defaultColumns

export function columnDefinitions(definition: ResourceDefinition): ColumnDefinition[] {
  return columnsOf(definition).map(({ header, type = 'string', format = '', priority = 0, description }) => ({
    name: header,
    type,
    format,
    description: description ?? describeColumn(header, definition.kind),
    priority,
  }))
}
