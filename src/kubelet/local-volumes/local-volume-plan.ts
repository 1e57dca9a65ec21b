import { LOCAL_PATH_FINALIZER } from '../../api/local-path.ts'
import type { PersistentVolume } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

type AnyVolume = DeepReadonly<PersistentVolume>

/** What a node does about a volume. */
export type LocalVolumePlan =
  | 'nothing'
  /** New: its directory is made before a pod needs it. */
  | 'prepare'
  /** Given back, to be deleted: directory and object go. */
  | 'remove'
  /** The object goes, the directory stays. */
  | 'let-go'

/** Decides about a volume of this node. A bound one is left alone, also when it is being deleted: its claim goes first. */
export function planLocalVolume({ metadata, spec, status }: AnyVolume): LocalVolumePlan {
  const phase = status?.phase ?? 'Pending'
  if (phase === 'Bound') return 'nothing'
  const remove = spec.persistentVolumeReclaimPolicy === 'Delete'
  if (metadata.deletionTimestamp) {
    if (!metadata.finalizers?.includes(LOCAL_PATH_FINALIZER)) return 'nothing' // our part is done
    return remove ? 'remove' : 'let-go'
  }
  if (phase === 'Released' || phase === 'Failed') return remove ? 'remove' : 'nothing'
  return 'prepare'
}
