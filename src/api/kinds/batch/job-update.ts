import { type DeepReadonly, editable } from '../../../base/deep-readonly.ts'
import type { Job } from '../../types/batch.v1.ts'
import type { PodTemplateSpec } from '../../types/core.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { checkImmutable } from '../validation/immutable.ts'

type ReadonlyJob = DeepReadonly<Job>

const FIXED = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const

/** What of a Job's spec may not change. */
export function checkJobUpdate(job: ReadonlyJob, old: ReadonlyJob, errors: FieldErrors): void {
  checkCompletions(job, old, errors)
  checkImmutable(job.spec.template, comparableTemplate(job, old), 'spec.template', errors)
  for (const field of FIXED) checkImmutable(job.spec[field], old.spec[field], `spec.${field}`, errors)
}

/** An Indexed Job may grow and shrink when parallelism does too. */
function checkCompletions({ spec }: ReadonlyJob, old: ReadonlyJob, errors: FieldErrors): void {
  if (spec.completionMode !== 'Indexed') {
    return checkImmutable(spec.completions, old.spec.completions, 'spec.completions', errors)
  }
  if (spec.completions === old.spec.completions || spec.completions === spec.parallelism) return
  errors.invalid('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')
}

/** The old template, with all that may change while a Job is suspended taken from the new one (KEP-2926). */
function comparableTemplate(job: ReadonlyJob, old: ReadonlyJob): DeepReadonly<PodTemplateSpec> {
  if (!mayReschedule(job, old)) return old.spec.template
  const template = editable<PodTemplateSpec>(old.spec.template)
  const wanted = editable<PodTemplateSpec>(job.spec.template)
  template.metadata = {
    ...template.metadata,
    labels: wanted.metadata?.labels,
    annotations: wanted.metadata?.annotations,
  }
  if (template.spec && wanted.spec) takeScheduling(template.spec, wanted.spec)
  return template
}

function mayReschedule(job: ReadonlyJob, old: ReadonlyJob): boolean {
  if (!job.spec.suspend || !old.spec.suspend) return false
  if (!old.status?.startTime) return true
  return !old.status.active && (old.status.conditions ?? []).some(isSuspended)
}

const isSuspended = ({ type, status }: { type: string; status: string }): boolean =>
  type === 'Suspended' && status === 'True'

type Spec = NonNullable<PodTemplateSpec['spec']>

function takeScheduling(spec: Spec, wanted: Spec): void {
  spec.nodeSelector = wanted.nodeSelector
  spec.tolerations = wanted.tolerations
  spec.schedulingGates = wanted.schedulingGates
  if (wanted.affinity?.nodeAffinity) spec.affinity = { ...spec.affinity, nodeAffinity: wanted.affinity.nodeAffinity }
  else if (spec.affinity) {
    delete spec.affinity.nodeAffinity
    if (Object.keys(spec.affinity).length === 0 && !wanted.affinity) delete spec.affinity
  }
  spec.containers.forEach((container, index) => {
    container.resources = wanted.containers[index]?.resources
  })
}
