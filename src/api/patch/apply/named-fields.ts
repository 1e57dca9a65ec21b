import type { MergeType } from '../../merge-type.ts'
import type { PathElement } from './element.ts'
import { type FieldSet, finished, type Growing, isMember, memberNode, NOTHING } from './field-set.ts'

/**
 * The set with those structs in it that have a field in it: `.spec.replicas` brings `.spec`, but a label does not bring
 * `.metadata.labels`' key. Upstream: structured-merge-diff's EnsureNamedFieldsAreMembers.
 */
export function withNamedFields(fields: FieldSet, type: MergeType): FieldSet {
  return finished(named(fields, type, {})) ?? NOTHING
}

function named(fields: FieldSet, type: MergeType | undefined, result: Growing): Growing {
  for (const element in fields) {
    if (element === '.') continue
    const node = fields[element] as FieldSet
    const isNamed = type?.kind === 'object' && element.startsWith('f:') && type.declares(element.slice(2))
    const begun = isNamed || isMember(node) ? memberNode() : {}
    result[element] = finished(named(node, typeBelow(type, element), begun)) ?? NOTHING
  }
  return result
}

/** The type of what a path element leads to; undefined where the schema knows nothing there. */
export function typeBelow(type: MergeType | undefined, element: PathElement): MergeType | undefined {
  if (type?.kind === 'object' && element.startsWith('f:')) return type.field(element.slice(2))
  return type?.kind === 'list-map' && element.startsWith('k:') ? type.element : undefined
}
