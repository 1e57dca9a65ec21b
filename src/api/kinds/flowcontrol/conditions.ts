import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'

const CONDITIONS = FieldPath.of('status.conditions')

/** Conditions of flow schemas and priority levels: each type once. */
export function checkConditions(
  conditions: readonly { readonly type?: string }[] | undefined,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  conditions?.forEach(({ type = '' }, index) => {
    const at = CONDITIONS.index(index).child('type')
    if (seen.has(type)) errors.duplicate(at, type)
    seen.add(type)
    if (type === '') errors.required(at, 'must not be empty')
  })
}
