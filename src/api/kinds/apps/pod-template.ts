import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { labelSelectorMatcher } from '../../selector/labels.ts'
import { hasReason, Reason } from '../../status-error.ts'
import type { PodTemplateSpec, Volume } from '../../types/core.v1.ts'
import type { LabelSelector } from '../../types/meta.v1.ts'
import { validatePodTemplateSpec } from '../core/pod/validate.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'

const ALWAYS = ['Always']

/** Does a selector pick pods of this template; `invalid` when the selector itself cannot be used. Unset picks nothing. */
export function templateMatch(
  selector: DeepReadonly<LabelSelector> | null | undefined,
  template: DeepReadonly<PodTemplateSpec>,
): 'matches' | 'differs' | 'invalid' {
  if (!selector) return 'differs'
  if (!selector.matchExpressions) return hasAll(template.metadata?.labels, selector.matchLabels)
  try {
    return labelSelectorMatcher(selector).matches(template.metadata?.labels) ? 'matches' : 'differs'
  } catch (error) {
    if (!hasReason(error, Reason.BadRequest)) throw error
    return 'invalid'
  }
}

function hasAll(
  labels: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>> | undefined,
): 'matches' | 'differs' {
  for (const key in wanted) if (labels?.[key] !== wanted[key]) return 'differs'
  return 'matches'
}

/** Nothing is chosen by it: neither labels nor expressions. */
export const isEmptySelector = ({ matchLabels, matchExpressions }: DeepReadonly<LabelSelector>): boolean =>
  Object.keys(matchLabels ?? {}).length + (matchExpressions?.length ?? 0) === 0

export function refuseOtherLabels(template: DeepReadonly<PodTemplateSpec>, at: FieldPath, errors: FieldErrors): void {
  const labels = template.metadata?.labels ?? null
  errors.invalid(at.child('metadata.labels'), labels, '`selector` does not match template `labels`')
}

/** A template whose pods are kept running: valid, restarted always, without a deadline. `owner` is named in errors. */
export function checkRunningTemplate(
  template: DeepReadonly<PodTemplateSpec>,
  owner: string,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const noActiveDeadline = `activeDeadlineSeconds in ${owner} is not Supported`
  validatePodTemplateSpec(template, at, errors, { restartPolicies: ALWAYS, noActiveDeadline })
}

/** Several pods can share a GCE disk only for reading. */
export function checkSharedDisks(
  volumes: readonly DeepReadonly<Volume>[] | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  volumes?.forEach(({ gcePersistentDisk: disk }, index) => {
    if (!disk || disk.readOnly) return
    errors.invalid(
      at.index(index).child('gcePersistentDisk.readOnly'),
      false,
      'must be true for replicated pods > 1; GCE PD can only be mounted on multiple machines if it is read-only',
    )
  })
}
