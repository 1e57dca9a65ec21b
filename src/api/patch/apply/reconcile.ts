import type { MergeType } from '../../merge-type.ts'
import { type FieldSet, hasChildren, NOTHING } from './field-set.ts'
import { typeBelow } from './named-fields.ts'

/**
 * A set that was written under an earlier schema, as the schema has it now: who owned something within what is one value
 * today owns that. The other way round nothing changes; who owned the whole owns just that. The same set when nothing is
 * different. Upstream: ReconcileFieldSetWithSchema.
 */
export function reconcile(fields: FieldSet, type: MergeType): FieldSet {
  let result: Record<string, FieldSet> | undefined
  for (const element in fields) {
    const node = fields[element] as FieldSet
    const inner = hasChildren(node) ? typeBelow(type, element) : undefined
    if (!inner) continue
    const changed = isWhole(inner) ? NOTHING : reconcile(node, inner)
    if (changed === node) continue
    result ??= { ...fields }
    result[element] = changed
  }
  return result ?? fields
}

/** Atomic lists and maps. What is below a scalar stays as it is. */
const isWhole = (type: MergeType): boolean => type.kind === 'leaf' && typeof type.holds !== 'string'
