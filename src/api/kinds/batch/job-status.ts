import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Job, JobStatus } from '../../types/batch.v1.ts'
import { checkCounts } from '../apps/status-counts.ts'
import { semanticEqual } from '../validation/equality.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { invalidWhole } from '../validation/invalid-whole.ts'
import { countIndexes } from './index-intervals.ts'

type ReadonlyJob = DeepReadonly<Job>
type Status = DeepReadonly<JobStatus>

/** A status update: what it makes of the job, and what of it is new. Rules bind what an update changes. */
interface Update {
  readonly job: ReadonlyJob
  readonly status: Status
  readonly old: Status
  readonly errors: FieldErrors
  /** Did any of these fields or conditions change. */
  changed(...parts: string[]): boolean
}

const CONDITIONS: ReadonlySet<string> = new Set(['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'])
const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const

/** Rules on a status update, whoever manages the job (KEP-4368). */
export function checkJobStatus(job: ReadonlyJob, { status: old = {} }: ReadonlyJob, errors: FieldErrors): void {
  const { status } = job
  const differs = (part: string): boolean =>
    CONDITIONS.has(part)
      ? holds(status, part) !== holds(old, part)
      : !semanticEqual(status[part as keyof Status], old[part as keyof Status])
  const update = { job, status, old, errors, changed: (...parts: string[]) => parts.some(differs) }
  checkCounts(status, COUNTS, errors)
  checkConditions(update)
  checkCompletionTime(update)
  checkFinished(update)
  checkIndexes(update)
  checkTransition(update)
}

const holds = ({ conditions = [] }: Status, type: string): boolean =>
  conditions.some((condition) => condition.type === type && condition.status === 'True')

const isFinished = (status: Status): boolean => holds(status, 'Complete') || holds(status, 'Failed')

const EXCLUSIVE = [
  ['Complete', 'Failed'],
  ['Complete', 'FailureTarget'],
  ['SuccessCriteriaMet', 'Failed'],
  ['SuccessCriteriaMet', 'FailureTarget'],
] as const
/** The interim condition comes first, and stays. */
const PRECEDED = [
  ['Failed', 'FailureTarget'],
  ['Complete', 'SuccessCriteriaMet'],
] as const

function checkConditions({ job, status, errors, changed }: Update): void {
  for (const [first, second] of EXCLUSIVE) {
    if (!changed(first, second) || !holds(status, first) || !holds(status, second)) continue
    invalidWhole('status.conditions', `cannot set ${first}=True and ${second}=true conditions`, errors)
  }
  for (const [last, interim] of PRECEDED) {
    if (!changed(last, interim) || !holds(status, last) || holds(status, interim)) continue
    const why = `cannot set ${last}=True condition without the ${interim}=true condition`
    invalidWhole('status.conditions', why, errors)
  }
  if (job.spec.successPolicy && holds(status, 'Complete') && !holds(status, 'SuccessCriteriaMet')) {
    const why = 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'
    invalidWhole('status.conditions', why, errors)
  }
}

function checkCompletionTime({ status, old, errors, changed }: Update): void {
  const { startTime, completionTime } = status
  const at = 'status.completionTime'
  const isComplete = holds(status, 'Complete')
  if (changed('Complete', 'completionTime')) {
    if (completionTime && !isComplete) {
      errors.invalid(at, completionTime, 'cannot set completionTime when there is no Complete=True condition')
    }
    if (!completionTime && isComplete) errors.required(at, 'completionTime is required for Complete jobs')
  }
  if (!completionTime) return
  if (changed('startTime', 'completionTime') && startTime && Date.parse(completionTime) < Date.parse(startTime)) {
    errors.invalid(at, completionTime, 'completionTime cannot be set before startTime')
  }
  if (old.completionTime && changed('completionTime')) {
    errors.invalid(at, completionTime, 'completionTime cannot be mutated')
  }
}

function checkFinished({ status, errors, changed }: Update): void {
  const { active = 0, ready = 0, terminating = 0, uncountedTerminatedPods: uncounted } = status
  if (changed('ready', 'active') && ready > active) {
    errors.invalid('status.ready', ready, 'cannot set more ready pods than active')
  }
  if (!isFinished(status)) return
  const mayCheck = (field: string) => changed('Complete', 'Failed', field)
  if (active > 0 && mayCheck('active')) {
    errors.invalid('status.active', active, 'active>0 is invalid for finished job')
  }
  if (terminating > 0 && mayCheck('terminating')) {
    errors.invalid('status.terminating', terminating, 'terminating>0 is invalid for finished job')
  }
  if (!status.startTime && mayCheck('startTime')) {
    errors.required('status.startTime', 'startTime is required for finished job')
  }
  if ((uncounted?.failed?.length || uncounted?.succeeded?.length) && mayCheck('uncountedTerminatedPods')) {
    const why = 'uncountedTerminatedPods needs to be empty for finished job'
    errors.invalid('status.uncountedTerminatedPods', uncounted, why)
  }
}

function checkIndexes({ job, status, errors, changed }: Update): void {
  const { completions, completionMode, backoffLimitPerIndex } = job.spec
  for (const field of ['completedIndexes', 'failedIndexes'] as const) {
    const indexes = status[field]
    if (indexes === undefined || !changed(field) || completions === undefined) continue
    const problem = countIndexes(indexes, completions)
    if (typeof problem === 'string') errors.invalid(`status.${field}`, indexes, `error parsing ${field}: ${problem}`)
  }
  if (status.completedIndexes && changed('completedIndexes') && completionMode !== 'Indexed') {
    const why = 'cannot set non-empty completedIndexes when non-indexed completion mode'
    errors.invalid('status.completedIndexes', status.completedIndexes, why)
  }
  if (status.failedIndexes !== undefined && changed('failedIndexes') && backoffLimitPerIndex === undefined) {
    const why = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'
    errors.invalid('status.failedIndexes', status.failedIndexes, why)
  }
}

function checkTransition({ job, status, old, errors, changed }: Update): void {
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (!holds(old, type) || holds(status, type)) continue
    invalidWhole('status.conditions', `cannot disable the terminal ${type}=True condition`, errors)
  }
  if (holds(old, 'SuccessCriteriaMet') && !holds(status, 'SuccessCriteriaMet')) {
    invalidWhole('status.conditions', 'cannot disable the SuccessCriteriaMet=True condition', errors)
  }
  const counters = job.spec.completionMode === 'Indexed' ? (['failed'] as const) : (['failed', 'succeeded'] as const)
  for (const counter of counters) {
    const count = status[counter] ?? 0
    if (count < (old[counter] ?? 0)) {
      errors.invalid(`status.${counter}`, count, `cannot decrease the ${counter} counter`)
    }
  }
  if (old.startTime && changed('startTime') && !job.spec.suspend) {
    errors.required('status.startTime', 'startTime cannot be removed for unsuspended job')
  }
}
