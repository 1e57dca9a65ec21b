import { type FieldError, invalid } from '../../api/field-error.ts'
import type { CustomResourceSubresourceScale } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { valueAt, wrongType } from './field-path.ts'

type Scale = DeepReadonly<CustomResourceSubresourceScale>

const MAX_INT32 = 2 ** 31 - 1

/** What of the values under a definition's scale paths cannot be a Scale: replicas of spec, and the label selector. */
export function scaleSpecErrors(object: unknown, scale: Scale): FieldError[] {
  const errors = replicasErrors(object, scale.specReplicasPath)
  const { labelSelectorPath: path } = scale
  return path ? [...errors, ...selectorErrors(object, path)] : errors
}

/** The same for the replicas of status. */
export const scaleStatusErrors = (object: unknown, scale: Scale): FieldError[] =>
  replicasErrors(object, scale.statusReplicasPath)

function replicasErrors(object: unknown, path: string): FieldError[] {
  const found = valueAt(object, path)
  if (found.kind === 'absent') return []
  if (found.kind === 'blocked') return [invalid(path, 0, found.error)]
  const { value } = found
  if (!Number.isInteger(value)) return [invalid(path, 0, wrongType(path, value, 'int64'))]
  const replicas = value as number
  if (replicas < 0) return [invalid(path, replicas, 'should be a non-negative integer')]
  if (replicas > MAX_INT32) return [invalid(path, replicas, `should be less than or equal to ${MAX_INT32}`)]
  return []
}

function selectorErrors(object: unknown, path: string): FieldError[] {
  const found = valueAt(object, path)
  if (found.kind === 'absent') return []
  if (found.kind === 'blocked') return [invalid(path, '', found.error)]
  return typeof found.value === 'string' ? [] : [invalid(path, '', wrongType(path, found.value, 'string'))]
}
