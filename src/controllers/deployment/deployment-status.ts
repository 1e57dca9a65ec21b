import type { Deployment, DeploymentCondition, DeploymentStatus } from '../../api/types/apps.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Generations, Sets } from './replica-sets.ts'
import { availableReplicas, boundsOf, readyReplicas, replicasOf, statusReplicas } from './replica-sets.ts'

type AnyDeployment = DeepReadonly<Deployment>
type Condition = DeepReadonly<DeploymentCondition>
type Draft = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>

/** What the last reconcile did that the Progressing condition tells of. */
export type ProgressNews = { readonly kind: 'created' | 'found'; readonly set: string } | undefined

/** The status that the ReplicaSets add up to, with conditions brought up to date. */
export function deploymentStatus(
  deployment: AnyDeployment,
  generations: Generations,
  options: { readonly now: number; readonly news?: ProgressNews; readonly collisionCount?: number | undefined },
): DeploymentStatus {
  const { current, old } = generations
  const sets = current ? [...old, current] : old
  const replicas = statusReplicas(sets)
  const available = availableReplicas(sets)
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas,
    updatedReplicas: current ? statusReplicas([current]) : 0,
    readyReplicas: readyReplicas(sets),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sets.reduce((sum, set) => sum + replicasOf(set), 0) - available),
    terminatingReplicas: sets.reduce((sum, { status }) => sum + (status.terminatingReplicas ?? 0), 0),
  }
  const collisionCount = options.collisionCount ?? deployment.status.collisionCount
  const conditions = new Conditions(deployment, options.now)
  conditions.set(availability(deployment, available))
  updateProgress(conditions, deployment, generations, counts, options)
  conditions.setOrDrop('ReplicaFailure', replicaFailure(sets))
  return { ...counts, conditions: conditions.list(), ...(collisionCount !== undefined && { collisionCount }) }
}

function availability(deployment: AnyDeployment, available: number): Draft {
  const enough = available >= (deployment.spec.replicas ?? 1) - boundsOf(deployment).maxUnavailable
  return enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
}

type Counts = Required<Pick<DeploymentStatus, 'replicas' | 'updatedReplicas' | 'availableReplicas' | 'readyReplicas'>>

function updateProgress(
  conditions: Conditions,
  deployment: AnyDeployment,
  { current }: Generations,
  counts: Counts,
  { now, news }: { now: number; news?: ProgressNews },
): void {
  if (!hasDeadline(deployment)) return conditions.drop('Progressing')
  if (deployment.spec.paused) return pausing(conditions)
  if (conditions.get('Progressing')?.reason === 'DeploymentPaused')
    conditions.set(progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed'))
  if (news) conditions.set(newsText(news))
  if (isFinished(deployment, conditions) && !news) return
  const subject = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  if (isComplete(deployment, counts)) {
    conditions.set(progressing('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`))
  } else if (hasProgressed(deployment, counts)) {
    conditions.renew(progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`))
  } else if (isOverdue(deployment, conditions, now)) {
    conditions.set(progressing('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`))
  }
}

function newsText({ kind, set }: NonNullable<ProgressNews>): Draft {
  return kind === 'created'
    ? progressing('True', 'NewReplicaSetCreated', `Created new replica set "${set}"`)
    : progressing('True', 'FoundNewReplicaSet', `Found new replica set "${set}"`)
}

/** A rollout that timed out stays so; pausing does not hide it. */
function pausing(conditions: Conditions): void {
  if (conditions.get('Progressing')?.reason === 'ProgressDeadlineExceeded') return
  conditions.set(progressing('Unknown', 'DeploymentPaused', 'Deployment is paused'))
}

/** The condition says so already, and nothing new was asked for: counts of a finished rollout do not reopen it. */
function isFinished(deployment: AnyDeployment, conditions: Conditions): boolean {
  const { status } = deployment
  return (
    status.replicas === status.updatedReplicas && conditions.get('Progressing')?.reason === 'NewReplicaSetAvailable'
  )
}

function isComplete(
  { spec, metadata }: AnyDeployment,
  { replicas, updatedReplicas, availableReplicas: available }: Counts,
): boolean {
  const wanted = spec.replicas ?? 1
  return updatedReplicas === wanted && replicas === wanted && available === wanted && metadata.generation !== undefined
}

/** More new pods, fewer old ones, or more that are ready or available, than the status tells. */
function hasProgressed({ status }: AnyDeployment, counts: Counts): boolean {
  const before = { updated: status.updatedReplicas ?? 0, all: status.replicas ?? 0 }
  return (
    counts.updatedReplicas > before.updated ||
    counts.replicas - counts.updatedReplicas < before.all - before.updated ||
    counts.readyReplicas > (status.readyReplicas ?? 0) ||
    counts.availableReplicas > (status.availableReplicas ?? 0)
  )
}

/** Upstream's value for "no deadline". */
const NO_DEADLINE = 2 ** 31 - 1

export function hasDeadline({ spec }: AnyDeployment): boolean {
  return (spec.progressDeadlineSeconds ?? NO_DEADLINE) !== NO_DEADLINE
}

function isOverdue(deployment: AnyDeployment, conditions: Conditions, now: number): boolean {
  const ms = deadlineMs(deployment, conditions.get('Progressing'), now)
  return ms !== undefined && ms <= 0
}

/** How long the rollout may stand still from now on; undefined while no deadline runs. */
export function deadlineMs(
  deployment: AnyDeployment,
  condition: Condition | undefined,
  now: number,
): number | undefined {
  if (!hasDeadline(deployment) || deployment.spec.paused || !condition?.lastUpdateTime) return undefined
  if (condition.reason === 'NewReplicaSetAvailable' || condition.reason === 'ProgressDeadlineExceeded') return undefined
  return Date.parse(condition.lastUpdateTime) + (deployment.spec.progressDeadlineSeconds as number) * 1000 - now
}

function replicaFailure(sets: Sets): Draft | undefined {
  const found = [...sets]
    .reverse()
    .flatMap(({ status }) => status.conditions ?? [])
    .find(({ type }) => type === 'ReplicaFailure')
  if (!found) return undefined
  return { type: 'ReplicaFailure', status: found.status, reason: found.reason ?? '', message: found.message ?? '' }
}

function progressing(status: Draft['status'], reason: string, message: string): Draft {
  return { type: 'Progressing', status, reason, message }
}

/** Conditions being brought up to date: times move only with what they tell of. */
class Conditions {
  readonly #byType: Map<string, DeploymentCondition>
  readonly #time: string

  constructor({ status }: AnyDeployment, now: number) {
    this.#byType = new Map((status.conditions ?? []).map((condition) => [condition.type, { ...condition }]))
    this.#time = timestamp(now)
  }

  get(type: string): Condition | undefined {
    return this.#byType.get(type)
  }

  set(draft: Draft): void {
    const present = this.#byType.get(draft.type)
    if (present?.status === draft.status && present.reason === draft.reason) return
    this.renew(draft)
  }

  /** As `set`, but the update time moves even when only the world behind the condition did. */
  renew(draft: Draft): void {
    const present = this.#byType.get(draft.type)
    const lastTransitionTime = present?.status === draft.status ? present.lastTransitionTime : undefined
    this.#byType.set(draft.type, {
      ...draft,
      lastUpdateTime: this.#time,
      lastTransitionTime: lastTransitionTime ?? this.#time,
    })
  }

  setOrDrop(type: string, draft: Draft | undefined): void {
    if (draft) this.set(draft)
    else this.drop(type)
  }

  drop(type: string): void {
    this.#byType.delete(type)
  }

  list(): DeploymentCondition[] {
    return [...this.#byType.values()]
  }
}
