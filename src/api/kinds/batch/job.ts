import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { Job } from '../../types/batch.v1.ts'
import { refuseOtherLabels, templateMatch } from '../apps/pod-template.ts'
import { podTemplateWarnings } from '../core/pod/warnings.ts'
import { humanDuration } from '../printing/age.ts'
import { ageColumn, containerColumns, nameColumn, selectorText } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { dns1123LabelErrors } from '../validation/name-rules.ts'
import { checkGeneratedSelector, generateSelector } from './generated-selector.ts'
import { defaultJob } from './job-defaults.ts'
import { checkJobRules } from './job-spec.ts'
import { checkJobStatus } from './job-status.ts'
import { checkJobUpdate } from './job-update.ts'

/** batch/v1 Job. Upstream: pkg/apis/batch, pkg/registry/batch/job. */
export const jobs = defineResource<Job>('batch/v1', 'jobs', {
  default: defaultJob,
  prepareCreate: generateSelector,
  validate: (job, old) =>
    collect((errors) => {
      if (!old) {
        checkGeneratedSelector(job, errors)
        checkPodNames(job, errors)
      }
      checkSpec(job, errors)
    }),
  validateUpdate: (job, { old, subresource }) =>
    collect((errors) => {
      if (subresource === 'status') checkJobStatus(job, old, errors)
      else checkJobUpdate(job, old, errors)
    }),
  warnings: ({ metadata, spec }, old) => [
    ...(old ? [] : nameWarnings(metadata.name)),
    ...podTemplateWarnings(spec.template, 'spec.template', old?.spec.template),
    ...(old ? [] : indexWarnings(spec)),
  ],
  // Kept from the days when nothing collected a job's pods.
  defaultPropagation: 'Orphan',
  selectorRefusal: (field) => `field label "${field}" not supported for batchv1.Job`,
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  columns: [
    nameColumn,
    { header: 'Status', cell: statusText },
    { header: 'Completions', cell: completionsText },
    { header: 'Duration', cell: durationText },
    ageColumn,
    ...containerColumns<Job>(({ spec }) => spec.template.spec),
    { header: 'Selector', priority: 1, cell: ({ spec }) => selectorText(spec.selector) },
  ],
})

const SPEC = FieldPath.of('spec')
const SELECTOR = FieldPath.of('spec.selector')

function checkSpec({ spec }: DeepReadonly<Job>, errors: FieldErrors): void {
  checkJobRules(spec, SPEC, errors)
  if (!spec.selector) errors.required(SELECTOR)
  else checkLabelSelector(spec.selector, SELECTOR, errors)
  if (templateMatch(spec.selector, spec.template) === 'differs') {
    refuseOtherLabels(spec.template, SPEC.child('template'), errors)
  }
}

/** Pods of an Indexed Job have host names made of the job's name and the index. */
function checkPodNames({ metadata, spec }: DeepReadonly<Job>, errors: FieldErrors): void {
  if (spec.completionMode !== 'Indexed' || !spec.completions || spec.completions < 0) return
  const longest = `${metadata.name}-${spec.completions - 1}`
  if (dns1123LabelErrors(longest).length === 0) return
  errors.invalid('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${longest}`)
}

function nameWarnings(name: string): string[] {
  const problems = dns1123LabelErrors(name)
  if (problems.length === 0) return []
  const why = 'this is used in Pod names and hostnames, which can result in surprising behavior'
  return [`metadata.name: ${why}; a DNS label is recommended: [${problems.join(' ')}]`]
}

const MANY_COMPLETIONS = 100_000
const MUCH_PARALLELISM = 10_000

function indexWarnings({ completionMode, completions = 0, parallelism = 0 }: DeepReadonly<Job['spec']>): string[] {
  if (completionMode !== 'Indexed' || completions <= MANY_COMPLETIONS || parallelism <= MUCH_PARALLELISM) return []
  return [
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail',
  ]
}

/** The first condition that holds, most final first. */
const CONDITIONS = ['Complete', 'Failed', 'Terminating', 'Suspended', 'FailureTarget', 'SuccessCriteriaMet'] as const

function statusText({ metadata, status }: DeepReadonly<Job>): string {
  const isTrue = (type: string) => (status?.conditions ?? []).some((one) => one.type === type && one.status === 'True')
  const found = CONDITIONS.find((type) => (type === 'Terminating' ? !!metadata.deletionTimestamp : isTrue(type)))
  return found ?? 'Running'
}

function completionsText({ spec, status }: DeepReadonly<Job>): string {
  const succeeded = status?.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function durationText({ status }: DeepReadonly<Job>, now: number): string {
  if (!status?.startTime) return ''
  const end = status.completionTime ? Date.parse(status.completionTime) : now
  return humanDuration(end - Date.parse(status.startTime))
}
