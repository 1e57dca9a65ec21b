import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { JobSpec, SuccessPolicy, SuccessPolicyRule } from '../../types/batch.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkNotNegative } from '../validation/numbers.ts'
import { countIndexes } from './index-intervals.ts'

const MAX_RULES = 20
const MAX_INDEXES_BYTES = 64 * 1024

/** When an Indexed Job counts as successful before all indexes are (KEP-3998). */
export function checkSuccessPolicy(
  policy: DeepReadonly<SuccessPolicy>,
  spec: DeepReadonly<JobSpec>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (spec.completionMode !== 'Indexed') return errors.invalid(at, policy, 'requires indexed completion mode')
  const count = policy.rules?.length ?? 0
  if (count === 0) {
    return errors.required(
      at.child('rules'),
      'at least one rules must be specified when the successPolicy is specified',
    )
  }
  if (count > MAX_RULES) errors.tooMany(at.child('rules'), count, MAX_RULES)
  policy.rules.forEach((rule, index) => {
    checkRule(rule, spec.completions ?? 0, at.child('rules').index(index), errors)
  })
}

function checkRule(
  rule: DeepReadonly<SuccessPolicyRule>,
  completions: number,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const { succeededIndexes, succeededCount } = rule
  if (succeededIndexes === undefined && succeededCount === undefined) {
    errors.required(at, 'at least one of succeededCount or succeededIndexes must be specified')
  }
  const total = succeededIndexes === undefined ? undefined : checkIndexes(succeededIndexes, completions, at, errors)
  if (succeededCount === undefined) return
  const where = at.child('succeededCount')
  checkNotNegative(succeededCount, where, errors)
  if (succeededCount > completions) {
    errors.invalid(
      where,
      succeededCount,
      `must be less than or equal to ${completions} (the number of specified completions)`,
    )
  }
  if (total !== undefined && succeededCount > total) {
    const most = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`
    errors.invalid(where, succeededCount, most)
  }
}

function checkIndexes(indexes: string, completions: number, at: FieldPath, errors: FieldErrors): number {
  const where = at.child('succeededIndexes')
  if (indexes.length > MAX_INDEXES_BYTES) {
    errors.tooLong(where, MAX_INDEXES_BYTES)
    return 0
  }
  const total = countIndexes(indexes, completions)
  if (typeof total === 'number') return total
  errors.invalid(where, indexes, `error parsing succeededIndexes: ${total}`)
  return 0
}
