import type { PersistentVolume } from '../../api/types/core.v1.ts'
import type { Controller } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { protectionPlan, withFinalizer, withoutFinalizer } from './protection.ts'

const FINALIZER = 'kubernetes.io/pv-protection'

/** Keeps a volume that is being deleted for as long as it is bound to a claim. Upstream: pv-protection-controller. */
export const pvProtectionController: Controller = {
  name: 'persistentvolume-protection-controller',
  user: 'pv-protection-controller',
  watches: [watch('persistentVolumes', itself)],

  async reconcile(key, { client, listers, signal }) {
    const volume = listers.persistentVolumes.get(key)
    const plan = protectionPlan(volume, FINALIZER)
    if (!volume || !plan) return settled
    if (plan === 'release' && volume.status?.phase === 'Bound') return settled
    const change = plan === 'protect' ? withFinalizer<PersistentVolume> : withoutFinalizer<PersistentVolume>
    await client.persistentVolumes.update(change(volume, FINALIZER), { signal }).catch(ignoreNotFound)
    return settled
  },
}
