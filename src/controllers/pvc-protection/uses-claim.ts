import type { PersistentVolumeClaim, Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { isControlledBy } from '../owner-references.ts'

/**
 * A pod on a node uses the claims that its volumes name, also when it has ended. One without a node does not: a kubelet
 * will not start a pod whose claim is being deleted. A generic ephemeral volume is used until the kubelet is done.
 */
export function usesClaim(pod: DeepReadonly<Pod>, claim: DeepReadonly<PersistentVolumeClaim>): boolean {
  if (!pod.spec.nodeName || pod.metadata.namespace !== claim.metadata.namespace) return false
  return (pod.spec.volumes ?? []).some(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return persistentVolumeClaim.claimName === claim.metadata.name
    if (!ephemeral || isShutDown(pod)) return false
    return `${pod.metadata.name}-${name}` === claim.metadata.name && isControlledBy(claim, pod.metadata.uid)
  })
}

const isShutDown = ({ metadata }: DeepReadonly<Pod>): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0
