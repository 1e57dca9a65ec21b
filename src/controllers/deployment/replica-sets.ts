import type { Deployment, ReplicaSet } from '../../api/types/apps.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { sameTemplate } from '../template-hash.ts'

export type Sets = readonly DeepReadonly<ReplicaSet>[]

export const Annotation = {
  Revision: 'deployment.kubernetes.io/revision',
  RevisionHistory: 'deployment.kubernetes.io/revision-history',
  DesiredReplicas: 'deployment.kubernetes.io/desired-replicas',
  MaxReplicas: 'deployment.kubernetes.io/max-replicas',
} as const

/** A Deployment's ReplicaSets by age, with the one that has its present template apart. */
export interface Generations {
  readonly current: DeepReadonly<ReplicaSet> | undefined
  readonly old: Sets
}

export function generationsOf(deployment: DeepReadonly<Deployment>, sets: Sets): Generations {
  const byAge = [...sets].sort(byCreation)
  const current = byAge.find(({ spec }) => sameTemplate(spec.template, deployment.spec.template))
  return { current, old: byAge.filter((set) => set !== current) }
}

export function byCreation(a: DeepReadonly<ReplicaSet>, b: DeepReadonly<ReplicaSet>): number {
  return (
    compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name)
  )
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const replicasOf = ({ spec }: DeepReadonly<ReplicaSet>): number => spec.replicas ?? 1
export const specReplicas = (sets: Sets): number => sets.reduce((sum, set) => sum + replicasOf(set), 0)
export const statusReplicas = (sets: Sets): number => sets.reduce((sum, { status }) => sum + (status.replicas ?? 0), 0)
export const readyReplicas = (sets: Sets): number =>
  sets.reduce((sum, { status }) => sum + (status.readyReplicas ?? 0), 0)
export const availableReplicas = (sets: Sets): number =>
  sets.reduce((sum, { status }) => sum + (status.availableReplicas ?? 0), 0)

export const active = (sets: Sets): Sets => sets.filter((set) => replicasOf(set) > 0)

/** 0 when a ReplicaSet has no valid revision. */
export function revisionOf({ metadata }: DeepReadonly<{ metadata: { annotations?: Record<string, string> } }>): number {
  return Number(metadata.annotations?.[Annotation.Revision] ?? 0) || 0
}

export interface Bounds {
  /** How many pods more than wanted there may be. */
  readonly maxSurge: number
  /** How many fewer may be available. */
  readonly maxUnavailable: number
}

/** The numbers behind maxSurge and maxUnavailable; not both 0, or nothing could move. Recreate has neither. */
export function boundsOf({ spec }: DeepReadonly<Deployment>): Bounds {
  const replicas = spec.replicas ?? 1
  const rolling = spec.strategy?.type === 'Recreate' ? undefined : spec.strategy?.rollingUpdate
  if (spec.strategy?.type === 'Recreate' || replicas === 0) return { maxSurge: 0, maxUnavailable: 0 }
  const maxSurge = resolve(rolling?.maxSurge ?? '25%', replicas, Math.ceil)
  const maxUnavailable = Math.min(resolve(rolling?.maxUnavailable ?? '25%', replicas, Math.floor), replicas)
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable }
}

function resolve(value: number | string, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value
  return value.endsWith('%') ? round((Number(value.slice(0, -1)) * total) / 100) : Number(value)
}
