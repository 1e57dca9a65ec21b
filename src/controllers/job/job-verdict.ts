import type { Job, JobCondition } from '../../api/types/batch.v1.ts'
import type { ContainerStatus } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import { parseIndexes } from './index-set.ts'
import { isIndexed } from './job-pod.ts'
import type { JobView } from './job-view.ts'
import { isJobPodFailed } from './job-view.ts'

/** How a job will end. The interim condition comes first; the final one when the last pod has ended (KEP-3998). */
export interface Verdict {
  readonly interim: 'FailureTarget' | 'SuccessCriteriaMet'
  readonly reason: string
  readonly message: string
}

/** The final condition that follows an interim one. */
export const FINAL = { FailureTarget: 'Failed', SuccessCriteriaMet: 'Complete' } as const

export function conditionOf({ status }: DeepReadonly<Job>, type: string): DeepReadonly<JobCondition> | undefined {
  return status.conditions?.find((condition) => condition.type === type && condition.status === 'True')
}

export const isFinished = (job: DeepReadonly<Job>): boolean =>
  conditionOf(job, 'Complete') !== undefined || conditionOf(job, 'Failed') !== undefined

/** Undefined while the job goes on. In upstream's order: what was decided stays, failures come before successes. */
export function verdictOn(view: JobView): Verdict | undefined {
  return decided(view) ?? failure(view) ?? successByPolicy(view) ?? completion(view)
}

function decided({ job }: JobView): Verdict | undefined {
  for (const interim of ['FailureTarget', 'SuccessCriteriaMet'] as const) {
    const condition = conditionOf(job, interim)
    if (condition) return { interim, reason: condition.reason ?? '', message: condition.message ?? '' }
  }
  return undefined
}

function failure(view: JobView): Verdict | undefined {
  const { job } = view
  const fail = (reason: string, message: string): Verdict => ({ interim: 'FailureTarget', reason, message })
  const byPolicy = failJobMessage(view)
  if (byPolicy) return fail('PodFailurePolicy', byPolicy)
  if (view.failed > (job.spec.backoffLimit ?? 6) || restartedTooOften(view)) {
    return fail('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  if (msUntilDeadline(view) === 0) {
    return fail('DeadlineExceeded', 'Job was active longer than specified deadline')
  }
  const { maxFailedIndexes = Number.POSITIVE_INFINITY, completions = 0 } = job.spec
  if (view.failedIndexes.size > maxFailedIndexes) {
    return fail('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  }
  const ended = view.failedIndexes.size + view.succeededIndexes.size
  return view.failedIndexes.size > 0 && ended >= completions
    ? fail('FailedIndexes', 'Job has failed indexes')
    : undefined
}

function failJobMessage({ job, pods }: JobView): string | undefined {
  for (const pod of job.spec.podFailurePolicy ? pods : []) {
    const match = isJobPodFailed(pod, job) ? matchFailurePolicy(job, pod) : undefined
    if (match?.action === 'FailJob') return match.message
  }
  return undefined
}

/** Containers that are restarted in place count by their restarts. */
function restartedTooOften({ job, pods }: JobView): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false
  const limit = job.spec.backoffLimit ?? 6
  const sum = (statuses: DeepReadonly<ContainerStatus[]> = []): number =>
    statuses.reduce((total, { restartCount }) => total + restartCount, 0)
  const restarts = pods
    .filter(({ status }) => status.phase === 'Running' || status.phase === 'Pending')
    .reduce((total, { status }) => total + sum(status.initContainerStatuses) + sum(status.containerStatuses), 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

/** 0 when it has passed; undefined when there is none, or it does not run. */
export function msUntilDeadline({ job, now }: Pick<JobView, 'job' | 'now'>): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec
  const { startTime } = job.status
  if (activeDeadlineSeconds === undefined || !startTime || suspend) return undefined
  return Math.max(0, Date.parse(startTime) + activeDeadlineSeconds * 1000 - now)
}

function successByPolicy({ job, succeededIndexes }: JobView): Verdict | undefined {
  if (!isIndexed(job)) return undefined
  for (const [index, rule] of (job.spec.successPolicy?.rules ?? []).entries()) {
    const named = rule.succeededIndexes && parseIndexes(rule.succeededIndexes, job.spec.completions ?? 0)
    const matching = named ? succeededIndexes.intersection(named).size : succeededIndexes.size
    const wanted = rule.succeededCount ?? (named ? named.size : Number.POSITIVE_INFINITY)
    if (matching < wanted) continue
    return { interim: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${index}` }
  }
  return undefined
}

/** Without a number of completions any success completes the job once no pod runs. */
function completion({ job, succeeded, active }: JobView): Verdict | undefined {
  const { completions } = job.spec
  const met = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions
  if (!met) return undefined
  const message = 'Reached expected number of succeeded pods'
  return { interim: 'SuccessCriteriaMet', reason: 'CompletionsReached', message }
}
