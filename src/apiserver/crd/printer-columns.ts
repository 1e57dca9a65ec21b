import { findByJsonPath, JsonPathMismatch } from '../../api/jsonpath/find.ts'
import { JsonPathError, parseJsonPath, type Step } from '../../api/jsonpath/parse.ts'
import { humanDuration } from '../../api/kinds/printing/age.ts'
import { nameColumn } from '../../api/kinds/printing/columns.ts'
import type { ApiObject, Cell, PrinterColumn } from '../../api/resource.ts'
import type { CustomResourceColumnDefinition } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { goText } from './field-path.ts'

type Column = DeepReadonly<CustomResourceColumnDefinition>

/** What a version without columns of its own shows beside the name. */
const AGE: Column = {
  name: 'Age',
  type: 'date',
  description: 'Time since the object was created.',
  jsonPath: '.metadata.creationTimestamp',
}

/** The columns of a version's Tables: the name, then what the definition lists. Upstream: customresource/tableconvertor. */
export function printerColumns(columns: readonly Column[] | undefined): PrinterColumn<ApiObject>[] {
  try {
    return [nameColumn, ...(columns?.length ? columns : [AGE]).map(printerColumn)]
  } catch (error) {
    if (error instanceof JsonPathError) return [nameColumn] // an old definition, from before paths were checked
    throw error
  }
}

function printerColumn({ name, type, format = '', description, priority, jsonPath }: Column): PrinterColumn<ApiObject> {
  const steps = parseJsonPath(jsonPath)
  return {
    header: name,
    type: type as NonNullable<PrinterColumn<ApiObject>['type']>,
    format,
    priority: (priority ?? 0) as 0 | 1,
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    cell: (object, now) => cellOf(type, firstFound(steps, object), now),
  }
}

function firstFound(steps: readonly Step[], object: unknown): unknown {
  try {
    return findByJsonPath(steps, object)[0]
  } catch (error) {
    if (error instanceof JsonPathMismatch) return undefined
    throw error
  }
}

/** A value of another type than its column's is not shown. */
function cellOf(type: string, value: unknown, now: number): Cell {
  if (value === undefined) return null
  switch (type) {
    case 'string':
      return value === null ? '<no value>' : typeof value === 'object' ? JSON.stringify(value) : goText(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? ageSince(value, now) : null
    default:
      return null
  }
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function ageSince(time: string, now: number): string {
  if (time === '' || time === 'null') return '<unknown>'
  const begun = RFC3339.test(time) ? Date.parse(time) : Number.NaN
  return Number.isNaN(begun) ? '<invalid>' : humanDuration(now - begun)
}
