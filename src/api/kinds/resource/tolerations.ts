import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { DeviceTaint, DeviceToleration } from '../../types/resource.v1.ts'
import { checkOptionalChoice, checkRequiredChoice, choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkLabelKey } from '../validation/labels.ts'
import { labelValueErrors } from '../validation/name-rules.ts'

const effects = choices('NoSchedule', 'NoExecute', 'None')
const operators = choices('Equal', 'Exists')

export function checkDeviceToleration(
  { key, operator, value = '', effect }: DeepReadonly<DeviceToleration>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (key) checkLabelKey(key, at.child('key'), errors)
  checkRequiredChoice(operator, operators, at.child('operator'), errors)
  if (operator === 'Exists' && value !== '') {
    errors.invalid(at.child('value'), value, 'must be empty for operator `Exists`')
  }
  if (operator === 'Equal') errors.invalidAll(at.child('value'), value, labelValueErrors(value))
  checkOptionalChoice(effect || undefined, effects, at.child('effect'), errors)
}

export function checkDeviceTaint(
  { key = '', value, effect }: DeepReadonly<DeviceTaint>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkLabelKey(key, at.child('key'), errors)
  if (value) errors.invalidAll(at.child('value'), value, labelValueErrors(value))
  checkRequiredChoice(effect, effects, at.child('effect'), errors)
}
