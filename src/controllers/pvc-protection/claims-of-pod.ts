import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Informers } from '../../client/informers.ts'

/** Pods by the claims that their volumes name, as `namespace/name`. */
export const BY_CLAIM = 'spec.volumes.persistentVolumeClaim'

export function addClaimIndex({ pods }: Informers): void {
  pods.addIndex(BY_CLAIM, claimsOfPod)
}

/** Keys of the claims that a pod uses; those of its generic ephemeral volumes are named after pod and volume. */
export function claimsOfPod({ metadata, spec }: DeepReadonly<Pod>): string[] {
  const claims = new Set<string>()
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes ?? []) {
    if (persistentVolumeClaim) claims.add(`${metadata.namespace}/${persistentVolumeClaim.claimName}`)
    else if (ephemeral) claims.add(`${metadata.namespace}/${metadata.name}-${name}`)
  }
  return [...claims]
}
