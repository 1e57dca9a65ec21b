import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { CronJob, CronJobSpec } from '../../types/batch.v1.ts'
import { defaultPodTemplate } from '../core/pod/defaults.ts'
import { podTemplateWarnings } from '../core/pod/warnings.ts'
import { ageOf } from '../printing/age.ts'
import { ageColumn, containerColumns, flagText, nameColumn, selectorText } from '../printing/columns.ts'
import { checkRequiredChoice, orderedChoices } from '../validation/choices.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { dns1123LabelErrors } from '../validation/name-rules.ts'
import { checkNotNegative } from '../validation/numbers.ts'
import { cronLineProblem, isTimeZone } from './cron-line.ts'
import { defaultFailurePolicy } from './job-defaults.ts'
import { checkJobRules } from './job-spec.ts'

/** Leaves room for the 11 characters that name a CronJob's Jobs. */
const MAX_NAME = 52

/** batch/v1 CronJob. Upstream: pkg/apis/batch, pkg/registry/batch/cronjob. */
export const cronJobs = defineResource<CronJob>('batch/v1', 'cronjobs', {
  default: setDefaults,
  validate: ({ metadata, spec }, old) =>
    collect((errors) => {
      checkSpec(spec, old?.spec, errors)
      if (!old && metadata.name.length > MAX_NAME) {
        errors.invalid('metadata.name', metadata.name, `must be no more than ${MAX_NAME} characters`)
      }
    }),
  warnings: ({ metadata, spec }, old) => [
    ...(old ? [] : nameWarnings(metadata.name)),
    ...podTemplateWarnings(
      spec.jobTemplate.spec?.template ?? {},
      'spec.jobTemplate.spec.template',
      old?.spec.jobTemplate.spec?.template,
    ),
    ...(hasZone(spec)
      ? [
          'CRON_TZ or TZ used in schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
        ]
      : []),
  ],
  columns: [
    nameColumn,
    { header: 'Schedule', cell: ({ spec }) => spec.schedule },
    { header: 'Timezone', cell: ({ spec }) => spec.timeZone ?? '<none>' },
    { header: 'Suspend', type: 'boolean', cell: ({ spec }) => flagText(spec.suspend) },
    { header: 'Active', type: 'integer', cell: ({ status }) => status?.active?.length ?? 0 },
    {
      header: 'Last Schedule',
      cell: ({ status }, now) => (status?.lastScheduleTime ? ageOf(status.lastScheduleTime, now) : '<none>'),
    },
    ageColumn,
    ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec?.template.spec),
    { header: 'Selector', priority: 1, cell: ({ spec }) => selectorText(spec.jobTemplate.spec?.selector) },
  ],
})

function setDefaults({ spec }: CronJob): void {
  spec.concurrencyPolicy ||= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
  defaultPodTemplate(spec.jobTemplate.spec?.template)
  defaultFailurePolicy(spec.jobTemplate.spec?.podFailurePolicy)
}

function nameWarnings(name: string): string[] {
  const problems = dns1123LabelErrors(name)
  if (problems.length === 0) return []
  const why = 'this is used in Pod names and hostnames, which can result in surprising behavior'
  return [`metadata.name: ${why}; a DNS label is recommended: [${problems.join(' ')}]`]
}

type Spec = DeepReadonly<CronJobSpec>

const policies = orderedChoices('Allow', 'Forbid', 'Replace')

function checkSpec(spec: Spec, old: Spec | undefined, errors: FieldErrors): void {
  checkSchedule(spec, old, errors)
  checkNotNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds', errors)
  if (!old || old.timeZone !== spec.timeZone) checkTimeZone(spec.timeZone, errors)
  checkRequiredChoice(spec.concurrencyPolicy, policies, 'spec.concurrencyPolicy', errors)
  checkJobTemplate(spec, old, errors)
  checkNotNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit', errors)
  checkNotNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit', errors)
}

const hasZone = ({ schedule }: Spec): boolean => schedule.includes('TZ')
const BOTH_ZONES = 'cannot use both timeZone field and TZ or CRON_TZ in schedule'
const ZONE_IN_SCHEDULE = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'

function checkSchedule(spec: Spec, old: Spec | undefined, errors: FieldErrors): void {
  const { schedule } = spec
  if (schedule === '') return errors.required('spec.schedule')
  const problem = cronLineProblem(schedule)
  if (problem) errors.invalid('spec.schedule', schedule, problem)
  if (!hasZone(spec)) return
  if (!old || !hasZone(old)) errors.invalid('spec.schedule', schedule, ZONE_IN_SCHEDULE)
  else if (spec.timeZone !== undefined) errors.invalid('spec.schedule', schedule, BOTH_ZONES)
}

function checkTimeZone(zone: string | undefined, errors: FieldErrors): void {
  if (zone === undefined) return
  if (zone === '') errors.invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string')
  else if (zone.toLowerCase() === 'local') {
    const wanted = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    errors.invalid('spec.timeZone', zone, wanted)
  } else if (!isTimeZone(zone)) errors.invalid('spec.timeZone', zone, `unknown time zone ${zone}`)
}

const JOB = FieldPath.of('spec.jobTemplate.spec')

/** A job template's selector is always generated, later. */
function checkJobTemplate({ jobTemplate }: Spec, old: Spec | undefined, errors: FieldErrors): void {
  const job = jobTemplate.spec
  if (!job || (old && semanticEqual(old.jobTemplate, jobTemplate))) return
  checkJobRules(job, JOB, errors)
  if (job.selector) errors.invalid(JOB.child('selector'), job.selector, '`selector` will be auto-generated')
  if (job.manualSelector) errors.notSupported(JOB.child('manualSelector'), true, ['nil', 'false'])
}
