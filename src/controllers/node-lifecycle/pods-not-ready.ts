import type { Pod, PodCondition } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import { apply } from '../apply.ts'
import type { ReconcileDeps } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { isPodReady } from '../pod-state.ts'
import { BY_NODE } from '../pods-by-node.ts'

/** Services stop sending traffic to pods whose node does not answer for them. */
export async function markPodsNotReady(node: string, deps: ReconcileDeps): Promise<void> {
  const { client, listers, clock, events, signal } = deps
  const mark = async (pod: DeepReadonly<Pod>) => {
    const status = { ...editable<Pod>(pod).status, conditions: notReady(pod, timestamp(clock.now())) }
    await client.pods.updateStatus({ ...editable<Pod>(pod), status }, { signal }).catch(ignoreNotFound)
    const { name, namespace, uid } = pod.metadata
    events.warning({ kind: 'Pod', apiVersion: 'v1', name, namespace, uid }, 'NodeNotReady', 'Node is not ready')
  }
  await apply(listers.pods.by(BY_NODE, node).filter(isPodReady), mark, { signal })
}

function notReady({ status }: DeepReadonly<Pod>, lastTransitionTime: string): PodCondition[] {
  return editable<PodCondition[]>(status.conditions ?? []).map((condition) =>
    condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime } : condition,
  )
}
