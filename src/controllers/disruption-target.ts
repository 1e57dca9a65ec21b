import type { Pod, PodCondition, PodStatus } from '../api/types/core.v1.ts'
import { timestamp } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Client } from '../client/clientset.ts'
import { podCondition } from './pod-state.ts'

/** Why a pod is about to be deleted for a cause that lies outside of it (KEP-3329). */
export interface Disruption {
  readonly reason: 'DeletionByTaintManager' | 'DeletionByPodGC'
  readonly message: string
}

/** The condition DisruptionTarget as the pod should carry it, or undefined when it does. */
export function disruptionTarget(
  pod: DeepReadonly<Pod>,
  { reason, message }: Disruption,
  nowMs: number,
): PodCondition | undefined {
  const present = podCondition(pod, 'DisruptionTarget')
  if (present?.status === 'True' && present.reason === reason && present.message === message) return undefined
  return {
    type: 'DisruptionTarget',
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    status: 'True',
    reason,
    message,
    lastTransitionTime: timestamp(nowMs),
  }
}

/** Writes a part of a pod's status; the uid makes it fail on a namesake. */
export async function patchPodStatus(
  { metadata: { name, namespace, uid } }: DeepReadonly<Pod>,
  status: Partial<PodStatus>,
  { client, signal }: { readonly client: Pick<Client, 'pods'>; readonly signal: AbortSignal },
): Promise<void> {
  const body = { metadata: { uid }, status }
  await client.pods.patch({ name, namespace }, { type: 'strategic', subresource: 'status', body }, { signal })
}
