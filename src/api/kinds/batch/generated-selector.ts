import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { labelSelectorMatcher } from '../../selector/labels.ts'
import { hasReason, Reason } from '../../status-error.ts'
import type { Job } from '../../types/batch.v1.ts'
import type { LabelSelector } from '../../types/meta.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'

/** Names of Jobs' labels; the short ones are older, and pods carry both. */
export const JobLabel = {
  Name: 'batch.kubernetes.io/job-name',
  ControllerUid: 'batch.kubernetes.io/controller-uid',
  LegacyName: 'job-name',
  LegacyControllerUid: 'controller-uid',
} as const

/** Labels the template with the job's name and uid and selects by the uid, unless `manualSelector` is set. */
export function generateSelector(job: Job): void {
  const { metadata, spec } = job
  if (spec.manualSelector) return
  spec.template.metadata ??= {}
  spec.template.metadata.labels ??= {}
  const { labels } = spec.template.metadata
  for (const [label, value] of Object.entries(generatedLabels(job))) labels[label] ??= value
  spec.selector ??= {}
  spec.selector.matchLabels ??= {}
  spec.selector.matchLabels[JobLabel.ControllerUid] ??= metadata.uid
  if (Object.keys(metadata.labels ?? {}).length === 0 || metadata.labels === labels) metadata.labels = { ...labels }
}

const generatedLabels = ({ metadata }: DeepReadonly<Job>): Record<string, string> => ({
  [JobLabel.LegacyName]: metadata.name,
  [JobLabel.Name]: metadata.name,
  [JobLabel.LegacyControllerUid]: metadata.uid,
  [JobLabel.ControllerUid]: metadata.uid,
})

/** A client's own labels or selector may have got in the way of the generated ones. */
export function checkGeneratedSelector(job: DeepReadonly<Job>, errors: FieldErrors): void {
  const { metadata, spec } = job
  if (spec.manualSelector || !spec.selector) return
  if (!metadata.uid) errors.required('metadata.uid')
  const expected = generatedLabels(job)
  for (const label in expected) checkLabel(job, label, expected[label] as string, errors)
  if (!selects(spec.selector, expected)) {
    errors.invalid('spec.selector', spec.selector, '`selector` not auto-generated')
  }
}

function checkLabel({ spec }: DeepReadonly<Job>, label: string, expected: string, errors: FieldErrors): void {
  const labels = spec.template.metadata?.labels ?? {}
  const actual = labels[label]
  if (actual === expected) return
  const at = `spec.template.metadata.labels[${label}]`
  if (actual === undefined) errors.required(at, `must be '${expected}'`)
  else errors.invalid(at, labels, `must be '${expected}'`)
}

/** A selector that cannot be used is reported by its own check. */
function selects(selector: DeepReadonly<LabelSelector>, labels: Readonly<Record<string, string>>): boolean {
  try {
    return labelSelectorMatcher(selector).matches(labels)
  } catch (error) {
    if (!hasReason(error, Reason.BadRequest)) throw error
    return true
  }
}
