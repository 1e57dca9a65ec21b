import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Condition } from '../../types/meta.v1.ts'
import { choices } from './choices.ts'
import type { FieldErrors } from './field-errors.ts'
import type { FieldPath } from './field-path.ts'
import { checkLabelKey } from './labels.ts'

type Conditions = readonly DeepReadonly<Condition>[] | undefined

const MAX_REASON_BYTES = 1024
const MAX_MESSAGE_BYTES = 32 * 1024
const statuses = choices('False', 'True', 'Unknown')
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/
const NOT_A_REASON =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', " +
  "and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or " +
  "'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')"

/** metav1.Conditions: one of each type, each complete. Upstream: apimachinery's ValidateConditions. */
export function checkMetaConditions(conditions: Conditions, at: FieldPath, errors: FieldErrors): void {
  const types = new Set<string>()
  conditions?.forEach((condition, index) => {
    const own = at.index(index)
    if (types.has(condition.type)) errors.duplicate(own.child('type'), condition.type)
    types.add(condition.type)
    checkCondition(condition, own, errors)
  })
}

function checkCondition(condition: DeepReadonly<Condition>, at: FieldPath, errors: FieldErrors): void {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason, message = '' } = condition
  checkLabelKey(type, at.child('type'), errors)
  if (!statuses.has(status)) errors.notSupported(at.child('status'), status, statuses.listed)
  if (observedGeneration < 0) {
    errors.invalid(at.child('observedGeneration'), observedGeneration, 'must be greater than or equal to zero')
  }
  if (!lastTransitionTime) errors.required(at.child('lastTransitionTime'))
  if (!reason) errors.required(at.child('reason'))
  else checkReason(reason, at.child('reason'), errors)
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) errors.tooLong(at.child('message'), MAX_MESSAGE_BYTES)
}

function checkReason(reason: string, at: FieldPath, errors: FieldErrors): void {
  if (!REASON.test(reason)) errors.invalid(at, reason, NOT_A_REASON)
  if (Buffer.byteLength(reason) > MAX_REASON_BYTES) errors.tooLong(at, MAX_REASON_BYTES)
}
