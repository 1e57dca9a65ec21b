import type { ApiObject } from '../../api/resource.ts'
import { badRequest, hasReason, internalError, notFound, Reason, StatusError } from '../../api/status-error.ts'
import type { Pod, PodCondition } from '../../api/types/core.v1.ts'
import type { DeleteOptions, Status } from '../../api/types/meta.v1.ts'
import type { Eviction } from '../../api/types/policy.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import type { WriteContext } from '../request.ts'
import { admissionRequest, writeContext } from './admission.ts'
import { decodeBody, type Expected } from './body.ts'
import type { ApiCall, ApiResult } from './call.ts'
import { checkPreconditions, deleteObject } from './delete-object.ts'
import type { HandlerDeps } from './deps.ts'
import { askBudgets, stillProcessed } from './disruption-budgets.ts'
import { guardedWrite } from './guarded-write.ts'
import { alignNamespace } from './object-checks.ts'
import { writeOptions } from './write-options.ts'

const EVICTION: Expected = {
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  type: 'io.k8s.api.policy.v1.Eviction',
  alsoVersions: ['policy/v1beta1'],
}

/** How often a pod that changes all the while is tried again (upstream: EvictionsRetry). */
const ATTEMPTS = 20

/** What an eviction works on. */
interface EvictionRun {
  readonly pods: ResourceStorage
  readonly context: WriteContext
  readonly options: DeleteOptions
  readonly deps: HandlerDeps
}

/**
 * POST to `pods/eviction`: deletes the pod with the eviction's delete options if its PodDisruptionBudget lets it go; a
 * refusal is 429. Pods that do not run are deleted without asking. Upstream: EvictionREST.
 */
export async function evict(call: ApiCall, deps: HandlerDeps): Promise<ApiResult> {
  const options = writeOptions(call.query, 'CreateOptions')
  const eviction = await decodeBody<Eviction>(call, EVICTION, options.fieldValidation)
  alignNamespace(eviction as ApiObject, call)
  if (eviction.metadata?.name !== call.name) throw badRequest('name in URL does not match name in Eviction object')
  const deletion: DeleteOptions = eviction.deleteOptions ?? {}
  const dryRun = options.dryRun || (deletion.dryRun ?? []).length > 0
  const how = { ...options, dryRun }
  const context = writeContext(call, how)
  const request = admissionRequest(context, 'CREATE', { object: eviction as ApiObject })
  await deps.admission.mutate(request)
  await deps.admission.validate(request)
  const pods = deps.registry.storage('', 'pods')
  if (!pods) throw internalError('pods are not served')
  const status = await evictPod({
    pods,
    context: writeContext(call, how, { subresource: '' }),
    options: deletion,
    deps,
  })
  return { kind: 'value', code: 201, value: { kind: 'Status', apiVersion: 'v1', metadata: {}, ...status } }
}

type Outcome = Pick<Status, 'status' | 'message' | 'code'>

const EVICTED: Outcome = { status: 'Success', code: 201 }

/** Upstream hands back a failed Status, which its handlers turn into an error of that code, without a reason. */
const severalBudgets = (): StatusError =>
  new StatusError({
    code: 500,
    reason: Reason.Unknown,
    message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  })

async function evictPod(run: EvictionRun): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    const pod = await currentPod(run)
    if (!mayIgnoreBudgets(pod)) return evictRunning(run, pod)
    try {
      await deleteAsSeen(run, isOver(pod) ? undefined : pod)
      return EVICTED
    } catch (error) {
      const isFinal = run.options.preconditions?.resourceVersion !== undefined || attempt === ATTEMPTS
      if (isFinal || !hasReason(error, Reason.Conflict)) throw error
    }
  }
}

async function currentPod({ pods, context }: EvictionRun): Promise<DeepReadonly<Pod>> {
  const current = await pods.current(pods.key(context.namespace, context.name), context)
  if (!current) throw notFound(pods.definition, context.name)
  return current.object() as DeepReadonly<Pod>
}

/** Takes the pod from its budget, then deletes it. */
async function evictRunning(run: EvictionRun, pod: DeepReadonly<Pod>): Promise<Outcome> {
  const { context, options, deps } = run
  const verdict = await askBudgets(pod, context, deps)
  switch (verdict.kind) {
    case 'several':
      throw severalBudgets()
    case 'go':
      await markAndDelete(run, options)
      return EVICTED
    case 'go-as-seen':
      await deleteUnready(run, pod, verdict.budget)
      return EVICTED
  }
}

/** A pod that has become ready while it was being let go is one to ask about again. */
async function deleteUnready(run: EvictionRun, pod: DeepReadonly<Pod>, budget: string): Promise<void> {
  try {
    await markAndDelete(run, onlyAsSeen(run.options, pod))
  } catch (error) {
    const named = run.options.preconditions?.resourceVersion !== undefined
    throw hasReason(error, Reason.Conflict) && !named ? stillProcessed(budget) : error
  }
}

/** A pod that is over, or not begun, is in nobody's budget. */
function mayIgnoreBudgets(pod: DeepReadonly<Pod>): boolean {
  return isOver(pod) || pod.status?.phase === 'Pending'
}

const isOver = ({ metadata, status }: DeepReadonly<Pod>): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed' || metadata.deletionTimestamp !== undefined

/** A pod that has become ready meanwhile would be in a budget: it is deleted only as it was seen. */
function deleteAsSeen(run: EvictionRun, pod: DeepReadonly<Pod> | undefined): Promise<void> {
  const { options } = run
  return markAndDelete(run, pod && !options.preconditions?.resourceVersion ? onlyAsSeen(options, pod) : options)
}

const onlyAsSeen = (options: DeleteOptions, { metadata }: DeepReadonly<Pod>): DeleteOptions => ({
  ...options,
  preconditions: { ...options.preconditions, resourceVersion: metadata.resourceVersion },
})

/** The pod's condition says who ended it (KEP-3329); then it goes. */
async function markAndDelete(run: EvictionRun, options: DeleteOptions): Promise<void> {
  const { pods, context, deps } = run
  const marked = context.dryRun ? undefined : await markDisrupted(run, options)
  const { preconditions } = options
  const asMarked = marked && preconditions?.resourceVersion ? { ...preconditions, resourceVersion: marked } : undefined
  await deleteObject(pods, context, asMarked ? { ...options, preconditions: asMarked } : options, deps)
}

/** Returns the pod's revision thereafter. */
async function markDisrupted({ pods, context, deps }: EvictionRun, options: DeleteOptions): Promise<string> {
  const key = pods.key(context.namespace, context.name)
  const written = await guardedWrite(pods, key, context, async (current) => {
    if (!current) throw notFound(pods.definition, context.name)
    checkPreconditions(pods, current.object(), options)
    const pod = editable<Pod>(current.object() as DeepReadonly<Pod>)
    if (!setDisrupted(pod, deps.clock.now())) return current
    pod.metadata.resourceVersion = undefined as unknown as string
    return pods.replace(current, pod)
  })
  return String(written.revision)
}

/** False when the pod says so already. */
function setDisrupted(pod: Pod, nowMs: number): boolean {
  const [type, reason, message] = ['DisruptionTarget', 'EvictionByEvictionAPI', 'Eviction API: evicting']
  pod.status ??= {}
  const conditions = pod.status.conditions ?? []
  const present = conditions.find((condition) => condition.type === type)
  if (present?.status === 'True' && present.reason === reason && present.message === message) return false
  const lastTransitionTime = present?.status === 'True' ? present.lastTransitionTime : timestamp(nowMs)
  const observedGeneration = pod.metadata.generation
  const condition = {
    ...{ lastProbeTime: null, ...present, type, status: 'True', reason, message, lastTransitionTime },
    ...(observedGeneration !== undefined && { observedGeneration }),
  } as unknown as PodCondition
  pod.status.conditions = present
    ? conditions.map((one) => (one === present ? condition : one))
    : [...conditions, condition]
  return true
}
