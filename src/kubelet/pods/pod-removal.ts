import { rm } from 'node:fs/promises'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { CgroupTree } from '../cgroups/cgroup-tree.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import type { ImagePuller } from '../images/image-puller.ts'
import type { VolumeManager } from '../volumes/volume-manager.ts'
import type { PodView } from './pod.ts'
import { isMirrorPod, podTitle } from './pod.ts'
import type { PodDirectories } from './pod-directories.ts'
import type { PodSync } from './pod-sync.ts'
import type { RuntimePodReader } from './runtime-pod.ts'
import type { StatusManager } from './status-manager.ts'

export interface PodIdentity {
  readonly uid: string
  readonly name: string
  readonly namespace: string
}

export interface PodRemovalDeps {
  readonly client: Pick<Client, 'pods'>
  readonly runtime: ContainerRuntime
  readonly reader: RuntimePodReader
  readonly sync: PodSync
  readonly images: ImagePuller
  readonly volumes: VolumeManager
  readonly cgroups: CgroupTree
  readonly statuses: StatusManager
  readonly directories: PodDirectories
  readonly log: Logger
}

/** Takes away what a stopped pod leaves behind. Every step may be repeated. */
export class PodRemoval {
  readonly #deps: PodRemovalDeps

  constructor(deps: PodRemovalDeps) {
    this.#deps = deps
  }

  /** Volumes and cgroup: what a pod that has ended needs no more, deleted or not. */
  async releaseResources({ uid }: PodIdentity, signal: AbortSignal): Promise<void> {
    await this.#deps.volumes.unmountPod(uid, signal)
    await this.#deps.cgroups.removePod(uid)
  }

  /** Everything else: the API object once its final status is written, if `pod` is given; containers, logs, directories. */
  async remove(identity: PodIdentity, pod: PodView | undefined, signal: AbortSignal): Promise<void> {
    const { statuses, images, sync } = this.#deps
    const { uid } = identity
    await statuses.flushed(uid)
    if (pod && !isMirrorPod(pod)) await this.#deleteObject(pod, signal)
    await this.#removeFromRuntime(identity, signal)
    await this.#removeFiles(identity)
    statuses.forget(uid)
    images.forget(uid)
    sync.forget(uid)
  }

  async #deleteObject(pod: PodView, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = pod.metadata
    const options = { gracePeriodSeconds: 0, preconditions: { uid }, signal }
    try {
      await this.#deps.client.pods.delete({ namespace, name }, options)
    } catch (error) {
      if (!hasReason(error, Reason.NotFound) && !hasReason(error, Reason.Conflict)) throw error
      this.#deps.log.debug('a pod was deleted by someone else', { pod: podTitle(pod) })
    }
  }

  async #removeFromRuntime(identity: PodIdentity, signal: AbortSignal): Promise<void> {
    const { reader, runtime } = this.#deps
    const actual = await reader.read(identity, signal)
    await Promise.all(actual.containers.map(({ id }) => runtime.removeContainer(id, signal)))
    for (const { id } of actual.containers) reader.forget(id)
    await Promise.all(actual.sandboxes.map(({ id }) => runtime.removePodSandbox(id, signal)))
  }

  async #removeFiles({ uid, namespace, name }: PodIdentity): Promise<void> {
    const { directories } = this.#deps
    await rm(directories.pod(uid), { recursive: true, force: true })
    await rm(`${directories.logs}/${namespace}_${name}_${uid}`, { recursive: true, force: true })
  }
}
