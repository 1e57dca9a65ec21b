import type { Pod, Volume } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Client } from '../../client/clientset.ts'
import type { MountTable } from './mount-table.ts'
import type { ReferencedObjects } from './referenced-objects.ts'
import type { MountedVolume } from './volume-manager.ts'

/** What plugins work with. */
export interface VolumePluginDeps {
  readonly client: Pick<Client, 'persistentVolumeClaims' | 'persistentVolumes' | 'serviceAccounts'>
  readonly objects: ReferencedObjects
  readonly mounts: MountTable
  readonly clock: Clock
  /** What the node can give: limits that a container does not set are the node's. */
  readonly allocatable: () => Readonly<Record<string, string>>
}

/** One volume of one pod. */
export interface VolumeRequest {
  readonly pod: DeepReadonly<Pod>
  readonly volume: DeepReadonly<Volume>
  /** The volume's own directory on disk; not yet there. */
  readonly directory: string
  /** The same in memory, for what must not reach the disk. */
  readonly memoryDirectory: string
  readonly signal: AbortSignal
}

/** A volume that is set up; `refreshAt`: when its contents have to be made anew, in ms since the epoch. */
export interface VolumeResult extends MountedVolume {
  /** Group and modes of its files follow the pod's fsGroup. */
  readonly ownedByGroup: boolean
  readonly refreshAt?: number
}

/**
 * One type of volume. `mount` is idempotent: called again it brings contents up to date. It rejects with a plain Error in
 * upstream's words. What it made below the two directories is removed by the manager.
 */
export interface VolumePlugin {
  /** As in the directory of the volume: `kubernetes.io/empty-dir`. */
  readonly name: string
  handles(volume: DeepReadonly<Volume>): boolean
  mount(request: VolumeRequest, deps: VolumePluginDeps): Promise<VolumeResult>
  /** Objects whose changes change the contents. */
  references?(volume: DeepReadonly<Volume>): readonly ObjectReference[]
}

export interface ObjectReference {
  readonly kind: 'configMaps' | 'secrets'
  readonly name: string
}
