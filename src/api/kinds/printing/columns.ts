import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { ApiObject, PrinterColumn } from '../../resource.ts'
import { labelSelectorMatcher } from '../../selector/labels.ts'
import type { PodSpec } from '../../types/core.v1.ts'
import type { LabelSelector } from '../../types/meta.v1.ts'
import { ageOf } from './age.ts'

/** Column `Name`, first of nearly every table. */
export const nameColumn: PrinterColumn<ApiObject> = {
  header: 'Name',
  format: 'name',
  cell: ({ metadata }) => metadata.name ?? '',
}

/** Column `Age`: time since creation. */
export const ageColumn: PrinterColumn<ApiObject> = {
  header: 'Age',
  cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
}

/** Columns `Containers` and `Images` of a workload, with `-o wide`. */
export function containerColumns<T>(
  podSpec: (object: DeepReadonly<T>) => DeepReadonly<PodSpec> | undefined,
): PrinterColumn<T>[] {
  const list = (object: DeepReadonly<T>, field: 'name' | 'image') =>
    (podSpec(object)?.containers ?? []).map((container) => container[field] ?? '').join(',')
  return [
    { header: 'Containers', priority: 1, cell: (object) => list(object, 'name') },
    { header: 'Images', priority: 1, cell: (object) => list(object, 'image') },
  ]
}

/** A selector as its query text; `<none>` for one that is empty or not set. */
export function selectorText(selector: DeepReadonly<LabelSelector> | null | undefined): string {
  return (selector && labelSelectorMatcher(selector).toString()) || '<none>'
}

/** A map as `a=b,c=d`, sorted; `<none>` when empty. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return pairs.sort().join(',') || '<none>'
}

/** An optional boolean as upstream prints it. */
export function flagText(flag: boolean | undefined): string {
  return flag === undefined ? '<unset>' : flag ? 'True' : 'False'
}

/** The first `max` items and how many more there are: `a,b,c + 2 more...`. */
export function shortened(items: readonly string[], max: number, separator: string): string {
  if (items.length <= max) return items.join(separator)
  return `${items.slice(0, max).join(separator)} + ${items.length - max} more...`
}
