import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { LabelSelector, LabelSelectorRequirement } from '../../types/meta.v1.ts'
import type { At, FieldErrors } from './field-errors.ts'
import type { FieldPath } from './field-path.ts'
import { labelValueErrors, qualifiedNameErrors } from './name-rules.ts'

export type StringMap = Readonly<Record<string, string>> | undefined

const MAX_ANNOTATIONS_BYTES = 256 * 1024

/** A map whose keys are label keys and whose values are label values; errors name the map, not the key. */
export function checkLabels(labels: StringMap, at: At, errors: FieldErrors): void {
  for (const key in labels) {
    errors.invalidAll(at, key, qualifiedNameErrors(key))
    const value = labels[key] as string
    errors.invalidAll(at, value, labelValueErrors(value))
  }
}

export function checkLabelKey(key: string, at: At, errors: FieldErrors): void {
  errors.invalidAll(at, key, qualifiedNameErrors(key))
}

/** Keys are qualified names in any case; together at most 256 KiB. */
export function checkAnnotations(annotations: StringMap, at: At, errors: FieldErrors): void {
  let size = 0
  for (const key in annotations) {
    errors.invalidAll(at, key, qualifiedNameErrors(key.toLowerCase()))
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] as string)
  }
  if (size > MAX_ANNOTATIONS_BYTES) errors.tooLong(at, MAX_ANNOTATIONS_BYTES)
}

/** An unset selector is fine here; kinds that need one say so themselves. */
export function checkLabelSelector(
  selector: DeepReadonly<LabelSelector> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!selector) return
  checkLabels(selector.matchLabels, at.child('matchLabels'), errors)
  selector.matchExpressions?.forEach((requirement, index) => {
    checkRequirement(requirement, at.child('matchExpressions').index(index), errors)
  })
}

function checkRequirement(
  { key, operator, values = [] }: DeepReadonly<LabelSelectorRequirement>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkOperatorValues(operator, values, at, errors)
  checkLabelKey(key, at.child('key'), errors)
  values.forEach((value, index) => {
    errors.invalidAll(at.child('values').index(index), value, labelValueErrors(value))
  })
}

function checkOperatorValues(operator: string, values: readonly string[], at: FieldPath, errors: FieldErrors): void {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.required(at.child('values'), "must be specified when `operator` is 'In' or 'NotIn'")
      }
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.forbidden(at.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
      break
    default:
      errors.invalid(at.child('operator'), operator, 'not a valid selector operator')
  }
}

/** Does a plain selector (a map) pick an object with these labels; an empty one picks nothing here. */
export function selects(selector: StringMap, labels: StringMap): boolean {
  for (const key in selector) if (labels?.[key] !== selector[key]) return false
  return true
}
