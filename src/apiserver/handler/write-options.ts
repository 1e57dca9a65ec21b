import type { FieldValidation } from '../../api/codec/normalise.ts'
import { type FieldError, fieldForbidden, invalidObject, notSupported } from '../../api/field-error.ts'
import { validateDryRun, validateFieldManager } from '../../api/meta/validation.ts'
import type { Query } from './call.ts'

/** CreateOptions, UpdateOptions and PatchOptions of meta/v1: how a write wants to be handled. */
export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldManager?: string
  readonly fieldValidation: FieldValidation
}

const PLAIN: WriteOptions = { dryRun: false, fieldValidation: 'Warn' }
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn']

/** Reads the options of a write; throws 422 on wrong ones. */
export function writeOptions(query: Query, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions'): WriteOptions {
  const dryRun = query.all('dryRun')
  const fieldManager = query.get('fieldManager')
  const fieldValidation = query.get('fieldValidation')
  const force = kind === 'PatchOptions' ? query.get('force') : undefined
  if (dryRun.length === 0 && !fieldManager && !fieldValidation && force === undefined) return PLAIN
  const errors: FieldError[] = [
    ...(force === undefined ? [] : [fieldForbidden('force', 'may not be specified for non-apply patch')]),
    ...(fieldManager ? validateFieldManager(fieldManager, 'fieldManager') : []),
    ...validateDryRun(dryRun),
    ...(VALIDATIONS.includes(fieldValidation ?? '')
      ? []
      : [notSupported('fieldValidation', fieldValidation, VALIDATIONS)]),
  ]
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind }, '', errors)
  return {
    dryRun: dryRun.length > 0,
    ...(fieldManager && { fieldManager }),
    fieldValidation: (fieldValidation || 'Warn') as FieldValidation,
  }
}
