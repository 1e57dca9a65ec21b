import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { MatchCondition } from '../../types/admissionregistration.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkQualifiedName } from '../validation/names.ts'

const MAX_CONDITIONS = 64

/** Each has an expression, and a name of its own. */
export function checkMatchConditions(
  conditions: readonly DeepReadonly<MatchCondition>[] | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const count = conditions?.length ?? 0
  if (count > MAX_CONDITIONS) errors.tooMany(at, count, MAX_CONDITIONS)
  const names = new Set<string>()
  conditions?.forEach(({ name, expression }, index) => {
    const where = at.index(index)
    if (!expression?.trim()) errors.required(where.child('expression'))
    if (!name) errors.required(where.child('name'))
    else checkQualifiedName(name, where.child('name'), errors)
    if (name && names.has(name)) errors.duplicate(where.child('name'), name)
    names.add(name)
  })
}
