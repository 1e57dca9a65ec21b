import type { PersistentVolumeClaim } from '../../../api/types/core.v1.ts'
import type { StorageClass } from '../../../api/types/storage.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout } from '../refuse.ts'

const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class'
const IS_DEFAULT_BETA = 'storageclass.beta.kubernetes.io/is-default-class'
const CLASS_BETA = 'volume.beta.kubernetes.io/storage-class'

/** A claim that names no class gets the default one. Naming the empty class asks for none. */
export function defaultStorageClass({ storageClasses }: Pick<AdmissionDeps, 'storageClasses'>): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    handles: (request) => request.operation === 'CREATE' && isAbout(request, '', 'persistentvolumeclaims'),
    mutate({ object }) {
      const claim = object as PersistentVolumeClaim
      if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[CLASS_BETA] !== undefined) return
      const chosen = newestDefault(storageClasses.list())
      if (chosen) claim.spec.storageClassName = chosen.metadata.name
    },
  }
}

/** Of several defaults the newest counts; made in the same second, the first by name. */
function newestDefault(classes: readonly DeepReadonly<StorageClass>[]): DeepReadonly<StorageClass> | undefined {
  const age = ({ metadata }: DeepReadonly<StorageClass>) => Date.parse(metadata.creationTimestamp)
  const defaults = classes.filter(({ metadata: { annotations } }) =>
    [IS_DEFAULT, IS_DEFAULT_BETA].some((key) => annotations?.[key] === 'true'),
  )
  return defaults.sort((a, b) => age(b) - age(a) || (a.metadata.name < b.metadata.name ? -1 : 1))[0]
}
