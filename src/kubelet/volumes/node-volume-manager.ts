import { mkdir, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod, Volume } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import { applyGroup } from './group-ownership.ts'
import { pinSubPath } from './sub-path.ts'
import type { MountedVolume, SubPathRequest, VolumeManager } from './volume-manager.ts'
import { VolumeMountError } from './volume-manager.ts'
import type { VolumePlugin, VolumePluginDeps, VolumeResult } from './volume-plugin.ts'

export interface NodeVolumeManagerDeps extends VolumePluginDeps {
  readonly plugins: readonly VolumePlugin[]
  /** Directory of the pods' volumes on disk. */
  readonly root: string
  /** Directory of what must stay in memory; a tmpfs is mounted on it. */
  readonly memoryRoot: string
  readonly log: Logger
}

/** A pod whose volumes are kept up to date. */
interface Kept {
  pod: DeepReadonly<Pod>
  readonly stop: AbortController
  readonly unfollow: (() => void)[]
  cancelRefresh: () => void
  refreshing: Promise<void>
  /** Something changed since the last refresh began: the one that waits must not be put off. */
  changed: boolean
}

/** A change of an object reaches the files at once; several within this time together. */
const GATHER_MS = 50
const RETRY_MS = 10_000

/** Sets up volumes below two directories of the node: `<root>/<pod uid>/volumes/<plugin>/<volume>`, and the same in memory. */
export class NodeVolumeManager implements VolumeManager {
  readonly #deps: NodeVolumeManagerDeps
  readonly #kept = new Map<string, Kept>() // by pod uid

  constructor(deps: NodeVolumeManagerDeps) {
    this.#deps = deps
  }

  async mountPod(pod: DeepReadonly<Pod>, signal: AbortSignal): Promise<ReadonlyMap<string, MountedVolume>> {
    await this.#ensureMemory(signal)
    const mounted = await this.#mountAll(pod, signal)
    this.#keep(pod, mounted)
    return mounted
  }

  keepPod(pod: DeepReadonly<Pod>): void {
    const present = this.#kept.get(pod.metadata.uid)
    if (present?.pod === pod) return
    const isShown = present !== undefined && shownFields(present.pod) === shownFields(pod)
    const kept = present ?? this.#startKeeping(pod)
    kept.pod = pod
    if (!isShown) this.#refreshSoon(kept)
  }

  prepareSubPath(request: SubPathRequest, signal: AbortSignal): Promise<string> {
    const { podUid, volumeName, containerName, mountIndex } = request
    const target = join(this.#deps.root, podUid, 'volume-subpaths', volumeName, containerName, String(mountIndex))
    return pinSubPath(request, target, this.#deps.mounts, signal)
  }

  /** Nothing is removed while anything is mounted below: what a bind mount shows is not ours to delete. */
  async unmountPod(podUid: string, signal: AbortSignal): Promise<void> {
    this.#release(podUid)
    const { root, memoryRoot, mounts } = this.#deps
    const directory = join(root, podUid)
    for (const point of await mounts.below(directory)) await mounts.unmount(point, signal)
    if ((await mounts.below(directory)).length > 0) throw new Error(`volumes of pod ${podUid} are still mounted`)
    await rm(directory, { recursive: true, force: true })
    await rm(join(memoryRoot, podUid), { recursive: true, force: true })
  }

  async podsWithVolumes(): Promise<readonly string[]> {
    const { root, memoryRoot } = this.#deps
    const names = await Promise.all([root, memoryRoot].map((directory) => readdir(directory).catch(() => [])))
    return [...new Set(names.flat())]
  }

  /** Stops keeping volumes up to date; they stay mounted. */
  close(): void {
    for (const uid of [...this.#kept.keys()]) this.#release(uid)
  }

  /** Unmounts everything there is, for `navarch down`. */
  async unmountAll(signal: AbortSignal): Promise<void> {
    for (const uid of await this.podsWithVolumes()) await this.unmountPod(uid, signal)
    const { memoryRoot, mounts } = this.#deps
    if (await mounts.isMounted(memoryRoot)) await mounts.unmount(memoryRoot, signal)
    await rmdir(memoryRoot).catch(() => undefined) // may never have been made
  }

  async #ensureMemory(signal: AbortSignal): Promise<void> {
    const { memoryRoot, mounts } = this.#deps
    if (await mounts.isMounted(memoryRoot)) return
    await mkdir(memoryRoot, { recursive: true, mode: 0o700 })
    await mounts.mountTmpfs(memoryRoot, { mode: '0755' }, signal)
  }

  async #mountAll(pod: DeepReadonly<Pod>, signal: AbortSignal): Promise<Map<string, VolumeResult>> {
    const used = usedVolumes(pod)
    const volumes = (pod.spec.volumes ?? []).filter(({ name }) => used.has(name))
    const results = await Promise.all(
      volumes.map(async (volume) => [volume.name, await this.#mountOne(pod, volume, signal)] as const),
    )
    return new Map(results)
  }

  async #mountOne(pod: DeepReadonly<Pod>, volume: DeepReadonly<Volume>, signal: AbortSignal): Promise<VolumeResult> {
    const { plugins, root, memoryRoot } = this.#deps
    const failed = (error: unknown): VolumeMountError =>
      new VolumeMountError(
        volume.name,
        `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${(error as Error).message}`,
        error,
      )
    const plugin = plugins.find((candidate) => candidate.handles(volume))
    if (!plugin) throw failed(new Error('no volume plugin matched'))
    const below = join(pod.metadata.uid, 'volumes', plugin.name.replace('/', '~'), volume.name)
    const request = { pod, volume, directory: join(root, below), memoryDirectory: join(memoryRoot, below), signal }
    try {
      const result = await plugin.mount(request, this.#deps)
      await this.#giveToGroup(pod, result)
      return result
    } catch (error) {
      throw failed(error)
    }
  }

  async #giveToGroup({ spec }: DeepReadonly<Pod>, { hostPath, readOnly, ownedByGroup }: VolumeResult): Promise<void> {
    const { fsGroup: gid, fsGroupChangePolicy: policy = 'Always' } = spec.securityContext ?? {}
    if (gid === undefined || !ownedByGroup) return
    await applyGroup(hostPath, { gid, readOnly, policy: policy === 'OnRootMismatch' ? policy : 'Always' })
  }

  #keep(pod: DeepReadonly<Pod>, mounted: ReadonlyMap<string, VolumeResult>): void {
    const kept = this.#kept.get(pod.metadata.uid) ?? this.#startKeeping(pod)
    kept.pod = pod
    this.#schedule(kept, mounted)
  }

  #startKeeping(pod: DeepReadonly<Pod>): Kept {
    const { uid, namespace } = pod.metadata
    const kept: Kept = {
      pod,
      stop: new AbortController(),
      unfollow: [],
      cancelRefresh: () => {},
      refreshing: Promise.resolve(),
      changed: false,
    }
    this.#kept.set(uid, kept)
    const changed = (): void => this.#refreshSoon(kept)
    for (const reference of this.#references(pod))
      kept.unfollow.push(this.#deps.objects.follow(reference, namespace, changed))
    return kept
  }

  #references(pod: DeepReadonly<Pod>) {
    const used = usedVolumes(pod)
    const volumes = (pod.spec.volumes ?? []).filter(({ name }) => used.has(name))
    const references = volumes.flatMap(
      (volume) => this.#deps.plugins.find((plugin) => plugin.handles(volume))?.references?.(volume) ?? [],
    )
    return new Map(references.map((reference) => [`${reference.kind}/${reference.name}`, reference])).values()
  }

  #release(podUid: string): void {
    const kept = this.#kept.get(podUid)
    if (!kept) return
    this.#kept.delete(podUid)
    kept.stop.abort()
    kept.cancelRefresh()
    for (const unfollow of kept.unfollow) unfollow()
  }

  #schedule(kept: Kept, mounted: ReadonlyMap<string, VolumeResult>): void {
    if (kept.changed) return // a refresh is on its way, and schedules the next
    const times = [...mounted.values()].flatMap(({ refreshAt }) => refreshAt ?? [])
    kept.cancelRefresh()
    if (times.length > 0) this.#refreshIn(kept, Math.max(0, Math.min(...times) - this.#deps.clock.now()))
  }

  #refreshSoon(kept: Kept): void {
    kept.changed = true
    this.#refreshIn(kept, GATHER_MS)
  }

  #refreshIn(kept: Kept, ms: number): void {
    kept.cancelRefresh()
    kept.cancelRefresh = this.#deps.clock.after(ms, () => {
      kept.refreshing = kept.refreshing.then(() => this.#refresh(kept))
    })
  }

  async #refresh(kept: Kept): Promise<void> {
    if (kept.stop.signal.aborted) return
    kept.changed = false
    try {
      this.#schedule(kept, await this.#mountAll(kept.pod, kept.stop.signal))
    } catch (error) {
      if (kept.stop.signal.aborted) return
      this.#deps.log.warn('volumes of a pod could not be brought up to date; trying again', {
        pod: kept.pod.metadata.name,
        error,
      })
      this.#refreshIn(kept, RETRY_MS)
    }
  }
}

/** What a downward API volume can show and a running pod can change. */
function shownFields({ metadata: { labels, annotations } }: DeepReadonly<Pod>): string {
  return JSON.stringify([labels, annotations])
}

/** Names of the volumes that some container mounts. */
function usedVolumes({ spec }: DeepReadonly<Pod>): Set<string> {
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  return new Set(
    containers.flatMap(({ volumeMounts, volumeDevices }) =>
      [...(volumeMounts ?? []), ...(volumeDevices ?? [])].map(({ name }) => name),
    ),
  )
}
