import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Job, JobStatus } from '../../types/batch.v1.ts'
import { checkCounts } from '../apps/status-counts.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { invalidWhole } from '../validation/invalid-whole.ts'

type Status = DeepReadonly<JobStatus>

const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const

/** Rules on a status update: counts are counts, and a finished job stays as it finished (KEP-4368). */
export function checkJobStatus(job: DeepReadonly<Job>, old: DeepReadonly<Job>, errors: FieldErrors): void {
  const { status } = job
  checkCounts(status, COUNTS, errors)
  checkConditions(status, errors)
  checkTimes(status, errors)
  checkFinished(job, errors)
  checkTransition(status, old.status ?? {}, errors)
}

const holds = ({ conditions = [] }: Status, type: string): boolean =>
  conditions.some((condition) => condition.type === type && condition.status === 'True')

const isFinished = (status: Status): boolean => holds(status, 'Complete') || holds(status, 'Failed')

const EXCLUSIVE = [
  ['Complete', 'Failed'],
  ['Complete', 'FailureTarget'],
  ['Failed', 'SuccessCriteriaMet'],
] as const

function checkConditions(status: Status, errors: FieldErrors): void {
  for (const [first, second] of EXCLUSIVE) {
    if (!holds(status, first) || !holds(status, second)) continue
    invalidWhole('status.conditions', `cannot set ${first}=True and ${second}=true conditions`, errors)
  }
}

function checkTimes({ startTime, completionTime }: Status, errors: FieldErrors): void {
  if (!startTime || !completionTime || Date.parse(completionTime) >= Date.parse(startTime)) return
  errors.invalid('status.completionTime', completionTime, 'completionTime cannot be set before startTime')
}

function checkFinished({ status }: DeepReadonly<Job>, errors: FieldErrors): void {
  if (status.completionTime && !holds(status, 'Complete')) {
    errors.invalid(
      'status.completionTime',
      status.completionTime,
      'cannot set completionTime when there is no Complete=True condition',
    )
  }
  if (!isFinished(status)) return
  if (!status.startTime) errors.required('status.startTime', 'startTime is required for finished job')
  if ((status.active ?? 0) > 0) errors.invalid('status.active', status.active, 'active>0 is invalid for finished job')
  if ((status.ready ?? 0) > 0) errors.invalid('status.ready', status.ready, 'ready>0 is invalid for finished job')
  if ((status.terminating ?? 0) > 0) {
    errors.invalid('status.terminating', status.terminating, 'terminating>0 is invalid for finished job')
  }
  if (holds(status, 'Complete') && !status.completionTime) {
    errors.required('status.completionTime', 'completionTime is required for Complete jobs')
  }
}

const FINAL = ['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'] as const

function checkTransition(status: Status, old: Status, errors: FieldErrors): void {
  for (const type of FINAL) {
    if (!holds(old, type) || holds(status, type)) continue
    invalidWhole('status.conditions', `cannot disable the terminal ${type}=True condition`, errors)
  }
  if ((status.failed ?? 0) < (old.failed ?? 0)) {
    errors.invalid('status.failed', status.failed ?? 0, 'cannot decrease the failed counter')
  }
  if (old.completionTime && status.completionTime !== old.completionTime) {
    errors.invalid('status.completionTime', status.completionTime ?? null, 'completionTime cannot be mutated')
  }
}
