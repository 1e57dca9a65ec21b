import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** Where a volume of a pod is on the host, ready to be mounted into containers. */
export interface MountedVolume {
  /** The directory, file or device to mount. */
  readonly hostPath: string
  /** The volume itself is read-only, whatever the container asks for. */
  readonly readOnly: boolean
}

/** Which `subPath` of which volume: one per volume mount that has a subPath. */
export interface SubPathRequest {
  readonly podUid: string
  readonly containerName: string
  /** Place of the mount in the container's `volumeMounts`. */
  readonly mountIndex: number
  readonly volumeName: string
  readonly volume: MountedVolume
  /** Relative, expanded, without `..`. */
  readonly subPath: string
}

/** A volume that could not be set up. `message` is upstream's text: `MountVolume.SetUp failed for volume "x" : …`. */
export class VolumeMountError extends Error {
  readonly volumeName: string

  constructor(volumeName: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.volumeName = volumeName
  }
}

/**
 * Sets up and tears down the volumes of pods. The kubelet calls it from the pod's worker, so that calls for one pod never
 * overlap; every call is idempotent. Volumes whose contents change (configMap, secret, downwardAPI, projected) are kept up
 * to date by the manager itself between `mountPod` and `unmountPod`.
 */
export interface VolumeManager {
  /**
   * Sets up every volume that the pod's containers use, with fsGroup applied, and answers them by volume name.
   * Rejects with a VolumeMountError for the first that cannot be; the kubelet reports it (FailedMount) and calls again.
   */
  mountPod(pod: DeepReadonly<Pod>, signal: AbortSignal): Promise<ReadonlyMap<string, MountedVolume>>

  /**
   * Takes over the newest version of a pod that runs: the files that show its fields follow it. Volumes of a pod that an
   * earlier kubelet set up are brought up to date and kept so from then on.
   */
  keepPod(pod: DeepReadonly<Pod>): void

  /** A host path for a subPath that cannot be led outside the volume by symbolic links. Rejects with a plain Error. */
  prepareSubPath(request: SubPathRequest, signal: AbortSignal): Promise<string>

  /** Unmounts and removes everything of a pod whose containers have ended, known or left over from an earlier run. */
  unmountPod(podUid: string, signal: AbortSignal): Promise<void>

  /** Uids of pods that have volumes on disk: after a restart the kubelet unmounts those whose pods are gone. */
  podsWithVolumes(): Promise<readonly string[]>
}
