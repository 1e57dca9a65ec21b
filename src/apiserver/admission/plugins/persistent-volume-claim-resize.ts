import { parseQuantity } from '../../../api/quantity.ts'
import type { PersistentVolumeClaim } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout, refuse } from '../refuse.ts'

/** Claims grow only when they are bound and their class says that it can. */
export function claimResize({ storageClasses }: Pick<AdmissionDeps, 'storageClasses'>): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    handles: (request) => request.operation === 'UPDATE' && isAbout(request, '', 'persistentvolumeclaims'),
    validate(request) {
      const claim = request.object as PersistentVolumeClaim
      const old = request.old as DeepReadonly<PersistentVolumeClaim>
      if (requested(claim) <= requested(old)) return
      if (old.status?.phase !== 'Bound') throw refuse(request, 'Only bound persistent volume claims can be expanded')
      const name = claim.spec.storageClassName
      if (name && storageClasses.get({ name })?.allowVolumeExpansion) return
      const why =
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
      throw refuse(request, why)
    },
  }
}

function requested({ spec }: DeepReadonly<PersistentVolumeClaim>): bigint {
  return parseQuantity(spec.resources?.requests?.storage ?? '0').nanos
}
