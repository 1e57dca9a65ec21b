import type { PersistentVolumeClaim, Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { keyOf, parseObjectKey } from '../../client/object-key.ts'
import type { Controller, ReconcileDeps, WatchContext } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { protectionPlan, withFinalizer, withoutFinalizer } from '../pv-protection/protection.ts'
import { addClaimIndex, BY_CLAIM, claimsOfPod } from './claims-of-pod.ts'
import { usesClaim } from './uses-claim.ts'

type Claim = DeepReadonly<PersistentVolumeClaim>

const FINALIZER = 'kubernetes.io/pvc-protection'

/** Keeps a claim that is being deleted for as long as a pod on a node uses it. Upstream: pvc-protection-controller. */
export const pvcProtectionController: Controller = {
  name: 'persistentvolumeclaim-protection-controller',
  user: 'pvc-protection-controller',
  watches: [watch('persistentVolumeClaims', itself), watch('pods', deletedClaims)],
  indexes: addClaimIndex,

  async reconcile(key, deps) {
    const { client, listers, signal } = deps
    const claim = listers.persistentVolumeClaims.get(key)
    const plan = protectionPlan(claim, FINALIZER)
    if (!claim || !plan) return settled
    if (plan === 'release' && (await isUsed(claim, deps))) return settled
    const change = plan === 'protect' ? withFinalizer<PersistentVolumeClaim> : withoutFinalizer<PersistentVolumeClaim>
    await client.persistentVolumeClaims.update(change(claim, FINALIZER), { signal }).catch(ignoreNotFound)
    return settled
  },
}

/** Only claims that wait to go ask about their pods. */
function deletedClaims(pod: DeepReadonly<Pod>, { listers }: WatchContext): string[] {
  return claimsOfPod(pod).filter(
    (key) => listers.persistentVolumeClaims.get(parseObjectKey(key))?.metadata.deletionTimestamp,
  )
}

/** The cache is asked first, because that is cheap; a no is confirmed by the API, because our cache may be behind. */
async function isUsed(claim: Claim, { client, listers, signal }: ReconcileDeps): Promise<boolean> {
  const uses = (pod: DeepReadonly<Pod>): boolean => usesClaim(pod, claim)
  if (listers.pods.by(BY_CLAIM, keyOf(claim)).some(uses)) return true
  const { items } = await client.pods.list({ namespace: claim.metadata.namespace, signal })
  return items.some(uses)
}
