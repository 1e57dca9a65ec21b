import { hostOf, LOCAL_PATH_FINALIZER } from '../../api/local-path.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { PersistentVolume } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import { planLocalVolume } from './local-volume-plan.ts'
import type { VolumeDirectories } from './volume-directories.ts'

type AnyVolume = DeepReadonly<PersistentVolume>

export interface LocalVolumesDeps {
  readonly client: Pick<Client, 'persistentVolumes'>
  readonly volumes: Informer<PersistentVolume>
  /** Whether volumes with an affinity to this kubernetes.io/hostname are this node's. */
  isOurs(host: string): boolean
  readonly directories: Pick<VolumeDirectories, 'prepare' | 'remove'>
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Logger
}

/** For nodes that are only simulated. */
export const noDirectories: LocalVolumesDeps['directories'] = {
  prepare: () => Promise.resolve(),
  remove: () => Promise.resolve(),
}

const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 300_000

/** Makes the directories of this node's local volumes, and removes them when the volumes are given back. */
export class LocalVolumes implements Component {
  readonly name = 'local-volumes'
  readonly #deps: LocalVolumesDeps
  readonly #queue: WorkQueue<string>

  constructor(deps: LocalVolumesDeps) {
    this.#deps = deps
    this.#queue = new WorkQueue({ clock: deps.clock, firstRetryMs: FIRST_RETRY_MS, maxRetryMs: MAX_RETRY_MS })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { volumes } = this.#deps
    await volumes.whenSynced(signal)
    const look = (volume: AnyVolume) => {
      const host = hostOf(volume)
      if (host !== undefined && this.#deps.isOurs(host)) this.#queue.add(volume.metadata.name)
    }
    const unsubscribe = volumes.on({ added: look, updated: look })
    try {
      for (let name = await this.#queue.take(signal); name !== undefined; name = await this.#queue.take(signal))
        await this.#handle(name, signal)
    } finally {
      unsubscribe()
      this.#queue.clear()
    }
  }

  async #handle(name: string, signal: AbortSignal): Promise<void> {
    const volume = this.#deps.volumes.lister.get({ name })
    try {
      if (volume) await this.#bring(volume, signal)
      this.#queue.forget(name)
    } catch (error) {
      if (signal.aborted) return
      if (hasReason(error, Reason.NotFound)) return this.#queue.forget(name) // it is gone: nothing is left to do
      this.#deps.log.info('a local volume could not be brought to its state yet', { volume: name, error })
      this.#queue.retry(name)
    } finally {
      this.#queue.done(name)
    }
  }

  async #bring(volume: AnyVolume, signal: AbortSignal): Promise<void> {
    const { directories } = this.#deps
    const path = volume.spec.hostPath?.path ?? ''
    switch (planLocalVolume(volume)) {
      case 'nothing':
        return
      case 'prepare':
        return directories.prepare(path)
      case 'remove':
        await this.#removeDirectory(volume, path, signal)
        return this.#letGo(volume, signal)
      case 'let-go':
        return this.#letGo(volume, signal)
    }
  }

  async #removeDirectory(volume: AnyVolume, path: string, signal: AbortSignal): Promise<void> {
    const { directories, events } = this.#deps
    try {
      await directories.remove(path, signal)
    } catch (error) {
      if (!signal.aborted) events.warning(volume, 'VolumeFailedDelete', (error as Error).message)
      throw error
    }
  }

  /** Gives up our hold first: what is deleted and still held would need a second look. */
  async #letGo(volume: AnyVolume, signal: AbortSignal): Promise<void> {
    const { persistentVolumes } = this.#deps.client
    const { name, uid, finalizers = [], deletionTimestamp } = volume.metadata
    if (finalizers.includes(LOCAL_PATH_FINALIZER)) {
      const copy = editable<PersistentVolume>(volume)
      copy.metadata.finalizers = finalizers.filter((finalizer) => finalizer !== LOCAL_PATH_FINALIZER)
      await persistentVolumes.update(copy, { signal })
    }
    if (!deletionTimestamp) await persistentVolumes.delete({ name }, { preconditions: { uid }, signal })
  }
}
