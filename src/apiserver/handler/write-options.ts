import type { FieldValidation } from '../../api/codec/normalise.ts'
import { type FieldError, fieldForbidden, invalidObject, notSupported, required } from '../../api/field-error.ts'
import { validateDryRun, validateFieldManager } from '../../api/meta/validation.ts'
import type { Query } from './call.ts'

/** CreateOptions, UpdateOptions and PatchOptions of meta/v1: how a write wants to be handled. */
export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldManager?: string
  readonly fieldValidation: FieldValidation
  /** An apply takes what others own. */
  readonly force: boolean
}

const PLAIN: WriteOptions = { dryRun: false, fieldValidation: 'Warn', force: false }
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn']

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'ApplyOptions'

/** Reads the options of a write; throws 422 on wrong ones. Those of an apply are PatchOptions too. */
export function writeOptions(query: Query, kind: OptionsKind): WriteOptions {
  const dryRun = query.all('dryRun')
  const fieldManager = query.get('fieldManager')
  const fieldValidation = query.get('fieldValidation')
  const force = kind === 'PatchOptions' || kind === 'ApplyOptions' ? query.get('force') : undefined
  const isApply = kind === 'ApplyOptions'
  if (!isApply && dryRun.length === 0 && !fieldManager && !fieldValidation && force === undefined) return PLAIN
  const errors: FieldError[] = [
    ...(isApply && !fieldManager ? [required('fieldManager', 'is required for apply patch')] : []),
    ...(isApply || force === undefined ? [] : [fieldForbidden('force', 'may not be specified for non-apply patch')]),
    ...(fieldManager ? validateFieldManager(fieldManager, 'fieldManager') : []),
    ...validateDryRun(dryRun),
    ...(VALIDATIONS.includes(fieldValidation ?? '')
      ? []
      : [notSupported('fieldValidation', fieldValidation, VALIDATIONS)]),
  ]
  if (errors.length > 0) {
    throw invalidObject({ group: 'meta.k8s.io', kind: isApply ? 'PatchOptions' : kind }, '', errors)
  }
  return {
    dryRun: dryRun.length > 0,
    ...(fieldManager && { fieldManager }),
    fieldValidation: (fieldValidation || 'Warn') as FieldValidation,
    force: isTrue(force),
  }
}

/** As upstream reads a bool: whatever is not said to be false is true. */
const isTrue = (text: string | undefined): boolean =>
  text !== undefined && text !== '0' && text.toLowerCase() !== 'false'
