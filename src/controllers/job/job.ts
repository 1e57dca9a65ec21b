import { labelSelectorMatcher } from '../../api/selector/labels.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { Job, JobStatus } from '../../api/types/batch.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { keyOf } from '../../client/object-key.ts'
import { applyClaims, claims } from '../adoption.ts'
import { apply, applySlowly } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, controlledBy, itself, settled, soonest, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { controllerOf } from '../owner-references.ts'
import type { PodIdentity } from './job-pod.ts'
import { isTracked, JOB, jobPod, TRACKING_FINALIZER } from './job-pod.ts'
import type { PodsMoved } from './job-status.ts'
import { countedStatus, notedStatus, sameStatus, withSuspension } from './job-status.ts'
import type { Verdict } from './job-verdict.ts'
import { conditionOf, isFinished, msUntilDeadline, verdictOn } from './job-verdict.ts'
import type { JobView } from './job-view.ts'
import { jobView } from './job-view.ts'
import type { PodPlan } from './pod-plan.ts'
import { planPods } from './pod-plan.ts'
import { planTracking } from './tracking.ts'

const OURS = 'kubernetes.io/job-controller'

type AnyJob = DeepReadonly<Job>
type AnyPod = DeepReadonly<Pod>

/** Runs each Job's pods to completion. Upstream: job controller. */
export const jobController: Controller = {
  name: 'job-controller',
  user: 'job-controller',
  watches: [watch('jobs', itself), watch('pods', jobsOfPod)],

  async reconcile(key, deps) {
    const job = deps.listers.jobs.get(key)
    await releaseOrphans(key, job, deps)
    if (!job || isFinished(job)) return settled
    if (job.spec.managedBy !== undefined && job.spec.managedBy !== OURS) return settled
    return advance(started(job, deps), deps)
  },
}

function jobsOfPod(pod: AnyPod, { listers }: WatchContext): Iterable<string> {
  if (controllerOf(pod)) return controlledBy('Job')(pod)
  return listers.jobs
    .list(pod.metadata.namespace)
    .filter(({ spec }) => labelSelectorMatcher(spec.selector).matches(pod.metadata.labels ?? {}))
    .map(keyOf)
}

/** Pods whose job is gone or finished need no counting any more: nothing may hold them. */
async function releaseOrphans(key: ObjectName, job: AnyJob | undefined, deps: ReconcileDeps): Promise<void> {
  if (job && !isFinished(job)) return
  const orphans = deps.listers.pods.list(key.namespace).filter((pod) => {
    const owner = controllerOf(pod)
    return isTracked(pod) && owner?.kind === 'Job' && owner.name === key.name
  })
  await apply(orphans, (pod) => release(pod, deps), deps)
}

/** The job with the start time that it gets with this reconcile. */
function started(job: AnyJob, { clock }: ReconcileDeps): AnyJob {
  if (job.status.startTime || job.spec.suspend) return job
  return { ...job, status: { ...job.status, startTime: timestamp(clock.now()) } }
}

async function advance(job: AnyJob, deps: ReconcileDeps): Promise<Outcome> {
  const view = jobView(job, await claimPods(job, deps), deps.clock.now())
  const verdict = verdictOn(view)
  const plan = podPlan(view, verdict)
  const { moved, error } = await carryOut(job, plan, deps)
  tellTooManyActive(view, verdict, moved, deps)
  await track(view, verdict, moved, deps)
  if (error !== undefined) throw error
  const deadline = verdict ? undefined : msUntilDeadline(view)
  return soonest(...[plan.after, deadline].flatMap((ms) => (ms === undefined ? [] : [after(ms)])))
}

function podPlan(view: JobView, verdict: Verdict | undefined): PodPlan {
  if (verdict) return { create: [], remove: view.active }
  return view.job.metadata.deletionTimestamp ? { create: [], remove: [] } : planPods(view)
}

async function claimPods(job: AnyJob, { client, listers, signal }: ReconcileDeps): Promise<readonly AnyPod[]> {
  const selector = labelSelectorMatcher(job.spec.selector)
  const candidates = listers.pods.list(job.metadata.namespace)
  const sorted = claims<Pod>(job, candidates, ({ metadata }) => selector.matches(metadata.labels ?? {}))
  const at = { owner: job, kind: JOB, owners: client.jobs, dependents: client.pods, signal }
  return applyClaims<Pod, Job>(sorted, { ...at, finalizers: [TRACKING_FINALIZER] })
}

async function carryOut(
  job: AnyJob,
  { create, remove }: PodPlan,
  deps: ReconcileDeps,
): Promise<{ moved: PodsMoved; error: unknown }> {
  let removed = 0
  const made = await applySlowly(create, (identity) => createPod(job, identity, deps), deps)
  const failure = isNamespaceTerminating(made.error) ? undefined : made.error
  const removeOne = async (pod: AnyPod): Promise<void> => {
    await removePod(job, pod, deps)
    removed++
  }
  try {
    await apply(remove, removeOne, deps)
    return { moved: { created: made.succeeded, removed }, error: failure }
  } catch (error) {
    return { moved: { created: made.succeeded, removed }, error: failure ?? error }
  }
}

async function createPod(
  job: AnyJob,
  identity: PodIdentity | undefined,
  { client, events, signal }: ReconcileDeps,
): Promise<void> {
  try {
    const pod = await client.pods.create(jobPod(job, identity), { signal })
    events.normal(job, 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  } catch (error) {
    if (!isNamespaceTerminating(error)) {
      events.warning(job, 'FailedCreate', `Error creating: ${(error as Error).message}`)
    }
    throw error
  }
}

async function removePod(job: AnyJob, { metadata }: AnyPod, { client, events, signal }: ReconcileDeps): Promise<void> {
  try {
    await client.pods.delete(metadata, { signal, preconditions: { uid: metadata.uid } })
    events.normal(job, 'SuccessfulDelete', `Deleted pod: ${metadata.name}`)
  } catch (error) {
    if (hasReason(error, Reason.NotFound) || hasReason(error, Reason.Conflict)) return // gone, or another of its name
    events.warning(job, 'FailedDelete', `Error deleting: ${(error as Error).message}`)
    throw error
  }
}

/** Notes ended pods, lets them go, counts them: a failure in between loses none and counts none twice (KEP-2307). */
async function track(
  view: JobView,
  verdict: Verdict | undefined,
  moved: PodsMoved,
  deps: ReconcileDeps,
): Promise<void> {
  const { job, now } = view
  const tracking = planTracking(view, verdict)
  const before = notedStatus(view, tracking, verdict, moved)
  const { status: noted, event } = verdict ? { status: before } : withSuspension(before, job.spec.suspend ?? false, now)
  let latest: AnyJob = await cachedJob(job, deps)
  if (tracking.release.length > 0) latest = await writeStatus(latest, noted, deps)
  await apply(tracking.release, (pod) => release(pod, deps), deps)
  const held = view.pods.filter(isTracked).length > tracking.release.length
  const status = countedStatus(noted, view, tracking, held ? undefined : verdict)
  await writeStatus(latest, status, deps)
  if (event) deps.events.normal(job, event, `Job ${event.toLowerCase()}`)
  tellFinished(job, status, deps)
}

/** The job without what this reconcile made of it: differences to it are what has to be written. */
async function cachedJob(job: AnyJob, { client, listers, signal }: ReconcileDeps): Promise<AnyJob> {
  const cached = listers.jobs.get(job.metadata)
  return cached && cached.metadata.uid === job.metadata.uid ? cached : client.jobs.get(job.metadata, { signal })
}

async function writeStatus(job: AnyJob, status: JobStatus, { client, signal }: ReconcileDeps): Promise<AnyJob> {
  if (sameStatus(status, job.status)) return job
  return client.jobs.updateStatus({ ...editable<Job>(job), status }, { signal })
}

async function release({ metadata }: AnyPod, { client, signal }: ReconcileDeps): Promise<void> {
  const body = { metadata: { uid: metadata.uid, '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] } }
  await client.pods.patch(metadata, { type: 'strategic', body }, { signal }).catch(ignoreNotFound)
}

function tellTooManyActive(
  view: JobView,
  verdict: Verdict | undefined,
  { removed }: PodsMoved,
  deps: ReconcileDeps,
): void {
  if (verdict?.reason !== 'CompletionsReached' || conditionOf(view.job, verdict.interim)) return
  if (removed === view.active.length) return
  const why = 'Too many active pods running after completion count reached'
  deps.events.warning(view.job, 'TooManyActivePods', why)
}

function tellFinished(job: AnyJob, { conditions = [], succeeded = 0 }: JobStatus, { events }: ReconcileDeps): void {
  const final = conditions.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')
  if (final?.type === 'Complete') {
    if (succeeded > (job.spec.completions ?? succeeded)) {
      const why = 'Too many succeeded pods running after completion count reached'
      events.warning(job, 'TooManySucceededPods', why)
    }
    events.normal(job, 'Completed', 'Job completed')
  } else if (final) events.warning(job, final.reason ?? '', final.message ?? '')
}
