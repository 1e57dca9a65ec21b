import type { Deployment, ReplicaSet } from '../../api/types/apps.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Bounds, Generations, Sets } from './replica-sets.ts'
import {
  Annotation,
  active,
  availableReplicas,
  boundsOf,
  byCreation,
  replicasOf,
  specReplicas,
} from './replica-sets.ts'

/** A ReplicaSet and the size it should have. */
export interface Scaling {
  readonly set: DeepReadonly<ReplicaSet>
  readonly to: number
}

/** The size of the new ReplicaSet: as large as the surge allows beside the old ones (rolling), or all at once. */
export function currentSize(deployment: DeepReadonly<Deployment>, { current, old }: Generations): number {
  const wanted = deployment.spec.replicas ?? 1
  if (deployment.spec.strategy?.type === 'Recreate') return wanted
  const size = current ? replicasOf(current) : 0
  const room = wanted + boundsOf(deployment).maxSurge - specReplicas(old) - size
  return room <= 0 ? size : size + Math.min(room, Math.max(0, wanted - size))
}

/**
 * One step of a rolling update. The new ReplicaSet grows into the surge, or shrinks to what is wanted; then old ones give up
 * first pods that never became ready, then as many as the available ones allow.
 */
export function rollingStep(
  deployment: DeepReadonly<Deployment>,
  generations: Generations & { current: DeepReadonly<ReplicaSet> },
): Scaling[] {
  const { current, old } = generations
  const wanted = deployment.spec.replicas ?? 1
  const size = replicasOf(current)
  const to = size > wanted ? wanted : currentSize(deployment, generations)
  if (to !== size) return [{ set: current, to }]
  return shrinkOld(deployment, current, active(old))
}

function shrinkOld(deployment: DeepReadonly<Deployment>, current: DeepReadonly<ReplicaSet>, old: Sets): Scaling[] {
  if (old.length === 0) return []
  const wanted = deployment.spec.replicas ?? 1
  const minAvailable = wanted - boundsOf(deployment).maxUnavailable
  const unavailableNew = replicasOf(current) - (current.status.availableReplicas ?? 0)
  const spare = specReplicas([...old, current]) - minAvailable - unavailableNew
  if (spare <= 0) return []
  const cleaned = takeUnhealthy(old, spare)
  const removable = availableReplicas([...old, current]) - minAvailable
  return takeHealthy(old, cleaned, removable)
}

/** Pods of old ReplicaSets that are not available serve nobody: they go first. */
function takeUnhealthy(old: Sets, most: number): Map<string, Scaling> {
  const scalings = new Map<string, Scaling>()
  let left = most
  for (const set of [...old].sort(byCreation)) {
    const unhealthy = replicasOf(set) - (set.status.availableReplicas ?? 0)
    const count = Math.min(left, Math.max(0, unhealthy))
    if (count === 0) continue
    scalings.set(set.metadata.uid, { set, to: replicasOf(set) - count })
    left -= count
  }
  return scalings
}

function takeHealthy(old: Sets, cleaned: ReadonlyMap<string, Scaling>, most: number): Scaling[] {
  const scalings = new Map(cleaned)
  let left = most
  for (const set of [...old].sort(byCreation)) {
    if (left <= 0) break
    const size = scalings.get(set.metadata.uid)?.to ?? replicasOf(set)
    const count = Math.min(size, left)
    if (count === 0) continue
    scalings.set(set.metadata.uid, { set, to: size - count })
    left -= count
  }
  return [...scalings.values()]
}

/** Recreate: every old pod goes before a new one comes. */
export function recreateStep({ old }: Generations): Scaling[] {
  return active(old).map((set) => ({ set, to: 0 }))
}

/** Was the Deployment scaled since its ReplicaSets were last sized? Their annotation tells what they were sized for. */
export function wasScaled(deployment: DeepReadonly<Deployment>, { current, old }: Generations): boolean {
  const sets = active([...(current ? [current] : []), ...old])
  return sets.some(({ metadata }) => {
    const sizedFor = metadata.annotations?.[Annotation.DesiredReplicas]
    return sizedFor !== undefined && Number(sizedFor) !== (deployment.spec.replicas ?? 1)
  })
}

/**
 * Scaling outside of a rollout step: a single active ReplicaSet takes the wanted size, a saturated new one leaves the old
 * with none, and in the middle of a rollout the change is shared among all in proportion to their size.
 */
export function proportionalScaling(deployment: DeepReadonly<Deployment>, { current, old }: Generations): Scaling[] {
  const wanted = deployment.spec.replicas ?? 1
  const sets = active([...old, ...(current ? [current] : [])])
  const single = sets.length <= 1 ? (sets[0] ?? current ?? old.at(-1)) : undefined
  if (sets.length === 0 && !single) return [] // paused from the beginning
  if (single) return replicasOf(single) === wanted ? [] : [{ set: single, to: wanted }]
  if (current && isSaturated(deployment, current)) return active(old).map((set) => ({ set, to: 0 }))
  if (deployment.spec.strategy?.type === 'Recreate') return []
  return share(sets, sizeLimit(wanted, boundsOf(deployment)) - specReplicas(sets), deployment)
}

const sizeLimit = (wanted: number, { maxSurge }: Bounds): number => (wanted > 0 ? wanted + maxSurge : 0)

function isSaturated({ spec }: DeepReadonly<Deployment>, set: DeepReadonly<ReplicaSet>): boolean {
  const wanted = spec.replicas ?? 1
  const sizedFor = Number(set.metadata.annotations?.[Annotation.DesiredReplicas])
  return replicasOf(set) === wanted && sizedFor === wanted && set.status.availableReplicas === wanted
}

/** Larger sets take the larger part, the largest what rounding leaves over. */
function share(sets: Sets, change: number, deployment: DeepReadonly<Deployment>): Scaling[] {
  if (change === 0) return []
  const ordered = [...sets].sort(
    (a, b) => replicasOf(b) - replicasOf(a) || (change > 0 ? byCreation(b, a) : byCreation(a, b)),
  )
  let given = 0
  const scalings = ordered.map((set) => {
    const part = bounded(fraction(set, deployment), change - given)
    given += part
    return { set, to: replicasOf(set) + part }
  })
  const [largest, ...others] = scalings as [Scaling, ...Scaling[]]
  return [{ ...largest, to: Math.max(0, largest.to + change - given) }, ...others]
}

/** What a set's size would change by if the whole rollout grew or shrank evenly. */
function fraction(set: DeepReadonly<ReplicaSet>, deployment: DeepReadonly<Deployment>): number {
  const wanted = deployment.spec.replicas ?? 1
  if (wanted === 0) return -replicasOf(set)
  const before = Number(set.metadata.annotations?.[Annotation.MaxReplicas] ?? 0) || deployment.status.replicas || 0
  if (before === 0) return 0
  const now = sizeLimit(wanted, boundsOf(deployment))
  return Math.round((replicasOf(set) * now) / before) - replicasOf(set)
}

function bounded(part: number, left: number): number {
  return left > 0 ? Math.min(Math.max(part, 0), left) : Math.max(Math.min(part, 0), left)
}
