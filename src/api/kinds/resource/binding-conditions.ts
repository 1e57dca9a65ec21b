import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkLabelKey } from '../validation/labels.ts'
import { checkEach } from './lists.ts'

const MAX_CONDITIONS = 4

interface HasConditions {
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
}

/** What has to become true of a device before its pod is bound, and what ends the waiting: both or neither (KEP-5007). */
export function checkBindingConditions(
  { bindingConditions: wanted = [], bindingFailureConditions: failures = [] }: HasConditions,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const [first, second] = [at.child('bindingConditions'), at.child('bindingFailureConditions')]
  const checkKey = (key: string, where: FieldPath) => checkLabelKey(key, where, errors)
  checkEach(wanted, MAX_CONDITIONS, first, errors, checkKey)
  checkEach(failures, MAX_CONDITIONS, second, errors, checkKey)
  checkUnique(wanted, first, errors)
  checkUnique(failures, second, errors)
  failures.forEach((condition, index) => {
    if (!wanted.includes(condition)) return
    const problem = 'bindingFailureConditions must not overlap with bindingConditions'
    errors.invalid(second.index(index), condition, problem)
  })
  if (wanted.length === 0 && failures.length > 0) {
    errors.invalid(first, null, 'bindingConditions are required to use bindingFailureConditions')
  }
  if (failures.length === 0 && wanted.length > 0) {
    errors.invalid(second, null, 'bindingFailureConditions are required to use bindingConditions')
  }
}

function checkUnique(conditions: readonly string[], at: FieldPath, errors: FieldErrors): void {
  conditions.forEach((condition, index) => {
    if (conditions.indexOf(condition) < index) errors.duplicate(at.index(index), condition)
  })
}
