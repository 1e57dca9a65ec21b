import type { StatefulSetStatus } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { REVISION_LABEL } from './stateful-pod.ts'
import type { StatefulPlan, StatefulView } from './statefulset-plan.ts'
import { isAvailable, isRunningAndReady } from './statefulset-plan.ts'

/** The status that the pods add up to; those that go to be updated count no longer as current. */
export function statefulSetStatus(view: StatefulView, plan: StatefulPlan, collisionCount: number): StatefulSetStatus {
  const { set, pods, currentRevision, updateRevision } = view
  const staying = pods.filter((pod) => !pod.metadata.deletionTimestamp)
  const made = (list: readonly DeepReadonly<Pod>[], wanted: string): number =>
    list.filter(({ metadata }) => metadata.labels?.[REVISION_LABEL] === wanted).length
  const replicas = pods.length
  const ready = pods.filter(isRunningAndReady).length
  const updated = made(staying, updateRevision)
  const done = set.spec.updateStrategy?.type !== 'OnDelete' && updated === replicas && ready === replicas
  const kept = staying.filter((pod) => !plan.outdated.includes(pod))
  const current = done ? updated : made(kept, currentRevision)
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas,
    ...(ready > 0 && { readyReplicas: ready }),
    ...(current > 0 && { currentReplicas: current }),
    ...(updated > 0 && { updatedReplicas: updated }),
    currentRevision: done ? updateRevision : currentRevision,
    updateRevision,
    collisionCount,
    availableReplicas: pods.filter((pod) => isAvailable(view, pod)).length,
    ...(set.status.conditions && { conditions: set.status.conditions.map((condition) => ({ ...condition })) }),
  }
}

/** Equal in all that the controller writes. */
export function sameStatus(
  a: DeepReadonly<StatefulSetStatus>,
  b: DeepReadonly<StatefulSetStatus> | undefined,
): boolean {
  const facts = (status: DeepReadonly<Partial<StatefulSetStatus>> = {}): string =>
    JSON.stringify([
      [status.observedGeneration, status.replicas, status.readyReplicas ?? 0, status.currentReplicas ?? 0],
      [status.updatedReplicas ?? 0, status.currentRevision, status.updateRevision, status.collisionCount],
      status.availableReplicas ?? 0,
    ])
  return facts(a) === facts(b)
}
