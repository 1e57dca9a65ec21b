import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { FieldErrorType } from '../../field-error.ts'
import type { Taint } from '../../types/core.v1.ts'
import { orderedChoices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkLabelKey } from '../validation/labels.ts'
import { labelValueErrors } from '../validation/name-rules.ts'

const taintEffects = orderedChoices('NoSchedule', 'PreferNoSchedule', 'NoExecute')

export const isTaintEffect = (effect: string): boolean => taintEffects.has(effect)

export function checkTaintEffect(effect: string, at: FieldPath, errors: FieldErrors): void {
  if (!isTaintEffect(effect)) errors.notSupported(at, effect, taintEffects.listed)
}

/** Taints of a node: at most one of a key and effect. */
export function checkTaints(taints: DeepReadonly<Taint[]>, at: FieldPath, errors: FieldErrors): void {
  const seen = new Set<string>()
  for (const [index, taint] of taints.entries()) {
    const item = at.index(index)
    checkLabelKey(taint.key, item.child('key'), errors)
    const valueErrors = labelValueErrors(taint.value ?? '')
    if (valueErrors.length > 0) errors.invalid(item.child('value'), taint.value, valueErrors.join(';'))
    if (!taint.effect) errors.required(item.child('effect'))
    else checkTaintEffect(taint.effect, item.child('effect'), errors)
    const identity = `${taint.effect}:${taint.key}`
    if (seen.has(identity)) {
      errors.list.push({
        type: FieldErrorType.Duplicate,
        field: String(item),
        message: `Duplicate value: ${shown(taint)}: taints must be unique by key and effect pair`,
      })
    }
    seen.add(identity)
  }
}

/** A taint as Go's internal type prints. */
function shown({ key, value = '', effect, timeAdded }: DeepReadonly<Taint>): string {
  return JSON.stringify({ Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null })
}
