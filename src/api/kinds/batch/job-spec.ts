import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { JobSpec } from '../../types/batch.v1.ts'
import { validatePodTemplateSpec } from '../core/pod/validate.ts'
import { orderedChoices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkNotNegative } from '../validation/numbers.ts'
import { checkManagedBy } from './managed-by.ts'
import { checkPodFailurePolicy } from './pod-failure-policy.ts'
import { checkSuccessPolicy } from './success-policy.ts'

type Spec = DeepReadonly<JobSpec>

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
] as const

/** The rules that hold for a Job and for a CronJob's template: all but those on the selector. */
export function checkJobRules(spec: Spec, at: FieldPath, errors: FieldErrors): void {
  for (const field of COUNTS) {
    if (spec[field] !== undefined) checkNotNegative(spec[field], at.child(field), errors)
  }
  checkFailedIndexes(spec, at, errors)
  if (spec.managedBy !== undefined) checkManagedBy(spec.managedBy, at.child('managedBy'), errors)
  checkCompletionMode(spec, at, errors)
  if (spec.podFailurePolicy) checkPodFailurePolicy(spec.podFailurePolicy, spec, at.child('podFailurePolicy'), errors)
  if (spec.successPolicy) checkSuccessPolicy(spec.successPolicy, spec, at.child('successPolicy'), errors)
  checkReplacementPolicy(spec, at, errors)
  validatePodTemplateSpec(spec.template, at.child('template'), errors)
  checkRestartPolicy(spec, at.child('template.spec.restartPolicy'), errors)
}

function checkFailedIndexes(
  { maxFailedIndexes, backoffLimitPerIndex }: Spec,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (maxFailedIndexes === undefined) return
  checkNotNegative(maxFailedIndexes, at.child('maxFailedIndexes'), errors)
  if (backoffLimitPerIndex === undefined) {
    errors.required(at.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified')
  }
}

const MODES = orderedChoices('NonIndexed', 'Indexed')
const MAX_INDEXED_PARALLELISM = 100_000
const MAX_FAILED_INDEXES = 100_000
/** A backoff limit per index costs memory for each index: beyond this many completions the other limits are lower. */
const MANY_COMPLETIONS = 100_000
const MAX_WITH_MANY_COMPLETIONS = 10_000

function checkCompletionMode(spec: Spec, at: FieldPath, errors: FieldErrors): void {
  const mode = spec.completionMode
  if (mode !== undefined && !MODES.has(mode)) errors.notSupported(at.child('completionMode'), mode, MODES.listed)
  if (mode === 'Indexed') return checkIndexed(spec, at, errors)
  for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
    if (spec[field] !== undefined) errors.invalid(at.child(field), spec[field], 'requires indexed completion mode')
  }
}

function checkIndexed(spec: Spec, at: FieldPath, errors: FieldErrors): void {
  const { completions, parallelism = 0, maxFailedIndexes } = spec
  if (completions === undefined) errors.required(at.child('completions'), 'when completion mode is Indexed')
  if (parallelism > MAX_INDEXED_PARALLELISM) {
    const most = `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`
    errors.invalid(at.child('parallelism'), parallelism, most)
  }
  if (maxFailedIndexes !== undefined) {
    if (completions !== undefined && maxFailedIndexes > completions) {
      errors.invalid(at.child('maxFailedIndexes'), maxFailedIndexes, 'must be less than or equal to completions')
    }
    if (maxFailedIndexes > MAX_FAILED_INDEXES) {
      const most = `must be less than or equal to ${MAX_FAILED_INDEXES}`
      errors.invalid(at.child('maxFailedIndexes'), maxFailedIndexes, most)
    }
  }
  if (completions !== undefined && completions > MANY_COMPLETIONS && spec.backoffLimitPerIndex !== undefined) {
    checkManyIndexes(spec, at, errors)
  }
}

function checkManyIndexes({ parallelism = 0, maxFailedIndexes }: Spec, at: FieldPath, errors: FieldErrors): void {
  const most = `must be less than or equal to ${MAX_WITH_MANY_COMPLETIONS} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`
  if (maxFailedIndexes === undefined) {
    errors.required(at.child('maxFailedIndexes'), `must be specified when completions is above ${MANY_COMPLETIONS}`)
  }
  if (parallelism > MAX_WITH_MANY_COMPLETIONS) errors.invalid(at.child('parallelism'), parallelism, most)
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MAX_WITH_MANY_COMPLETIONS) {
    errors.invalid(at.child('maxFailedIndexes'), maxFailedIndexes, most)
  }
}

const ANY_REPLACEMENT = orderedChoices('Failed', 'TerminatingOrFailed')
const FAILURE_POLICY_REPLACEMENT = orderedChoices('Failed')

function checkReplacementPolicy(spec: Spec, at: FieldPath, errors: FieldErrors): void {
  const { podReplacementPolicy: policy } = spec
  if (policy === undefined) return
  const allowed = spec.podFailurePolicy ? FAILURE_POLICY_REPLACEMENT : ANY_REPLACEMENT
  if (!allowed.has(policy)) errors.notSupported(at.child('podReplacementPolicy'), policy, allowed.listed)
}

function checkRestartPolicy({ template, podFailurePolicy }: Spec, at: FieldPath, errors: FieldErrors): void {
  const policy = template.spec?.restartPolicy ?? ''
  if (policy === '' || policy === 'Always') errors.required(at, 'valid values: "OnFailure", "Never"')
  else if (policy !== 'OnFailure' && policy !== 'Never') errors.notSupported(at, policy, ['OnFailure', 'Never'])
  else if (podFailurePolicy && policy !== 'Never') {
    errors.invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified')
  }
}
