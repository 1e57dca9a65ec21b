import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { addQuantities, compareQuantities, unitValue } from '../../quantity.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from '../../types/resource.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkSet } from './lists.ts'

const MAX_VALUES = 10

/** How much of a capacity may be asked for at once, where a device may be shared (KEP-5075). */
export function checkCapacity(
  { value, requestPolicy: policy }: DeepReadonly<DeviceCapacity>,
  isShared: boolean,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!policy) return
  const where = at.child('requestPolicy')
  if (!isShared) return errors.forbidden(where, 'allowMultipleAllocations must be true')
  if (policy.validValues?.length && policy.validRange) {
    const problem = 'cannot specify "validValues" and "validRange" at the same time'
    return errors.forbidden(where, `exactly one policy can be specified, ${problem}`)
  }
  if (policy.validValues?.length) checkValues(policy, value, where, errors)
  else if (policy.validRange) checkRange(policy.validRange, policy.default, value, where, errors)
}

const isMore = (left: string, right: string): boolean => compareQuantities(left, right) > 0

function checkValues(
  { default: usual, validValues = [] }: DeepReadonly<CapacityRequestPolicy>,
  capacity: string,
  policy: FieldPath,
  errors: FieldErrors,
): void {
  if (usual === undefined) return errors.required(policy.child('default'), 'required when validValues is defined')
  const at = policy.child('validValues')
  validValues.forEach((value, index) => {
    const before = validValues[index - 1]
    if (before === undefined || !isMore(before, value)) return
    errors.invalid(at.index(index), value, 'values must be sorted in ascending order')
  })
  checkSet(
    validValues,
    MAX_VALUES,
    (value) => String(unitValue(value)),
    at,
    errors,
    (value, where) => {
      if (isMore(value, capacity)) errors.invalid(where, value, `option is larger than capacity value: ${capacity}`)
    },
  )
  if (!validValues.some((value) => compareQuantities(value, usual) === 0)) {
    errors.invalid(at, usual, 'default value is not valid according to the requestPolicy')
  }
}

function checkRange(
  { min, max, step }: DeepReadonly<CapacityRequestPolicyRange>,
  usual: string | undefined,
  capacity: string,
  policy: FieldPath,
  errors: FieldErrors,
): void {
  if (usual === undefined) return errors.required(policy.child('default'), 'required when validRange is defined')
  const at = policy.child('validRange')
  if (min === undefined) return errors.required(at.child('min'), 'required when validRange is defined')
  if (isMore(min, capacity)) errors.invalid(at.child('min'), min, `min is larger than capacity value: ${capacity}`)
  if (isMore(min, usual)) errors.invalid(at.child('default'), usual, `default is less than min: ${min}`)
  if (max !== undefined) {
    if (isMore(min, max)) errors.invalid(at.child('max'), min, `min is larger than max: ${max}`)
    if (isMore(max, capacity)) errors.invalid(at.child('max'), max, `max is larger than capacity value: ${capacity}`)
    if (isMore(usual, max)) errors.invalid(at.child('default'), usual, `default is more than max: ${max}`)
  }
  if (step !== undefined) checkStep({ min, step }, [usual, ...(max === undefined ? [] : [max])], capacity, at, errors)
}

function checkStep(
  { min, step }: { min: string; step: string },
  values: readonly string[],
  capacity: string,
  range: FieldPath,
  errors: FieldErrors,
): void {
  const at = range.child('step')
  const size = unitValue(step)
  if (size <= 0) return errors.invalid(at, step, 'must be greater than zero')
  const next = addQuantities(min, step)
  if (isMore(next, capacity)) errors.invalid(at, step, `one step ${next} is larger than capacity value: ${capacity}`)
  for (const value of values) {
    if ((unitValue(value) - unitValue(min)) % size === 0) continue
    errors.invalid(at, value, `value is not a multiple of a given step (${step}) from (${min})`)
  }
}
