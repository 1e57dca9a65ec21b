import type { Job, PodFailurePolicy } from '../../types/batch.v1.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'

const BACKOFF_LIMIT = 6
/** With a limit per index the total is not limited. */
const NO_BACKOFF_LIMIT = 2 ** 31 - 1

export function defaultJob(job: Job): void {
  const { spec } = job
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : NO_BACKOFF_LIMIT
  inheritLabels(job)
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  spec.manualSelector ??= false
  defaultFailurePolicy(spec.podFailurePolicy)
  defaultPodTemplate(spec.template)
}

/**
 * A job without labels takes its template's. The map is shared on purpose, as upstream's is: labels that creation adds to
 * the template then show on the job too.
 */
function inheritLabels({ metadata, spec }: Job): void {
  const labels = spec.template.metadata?.labels
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = labels
}

export function defaultFailurePolicy(policy: PodFailurePolicy | undefined): void {
  for (const rule of policy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  }
}
