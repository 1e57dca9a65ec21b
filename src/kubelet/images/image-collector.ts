import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import type { Image } from '../cri/messages.ts'
import type { FileSystem } from '../node/machine.ts'
import { readFileSystem } from '../node/machine.ts'

export interface ImageCollectorDeps {
  readonly runtime: ContainerRuntime
  /** On the file system that holds the images. */
  readonly dataDir: string
  readonly sandboxImage: string
  readonly clock: Clock
  readonly log: Logger
}

const CHECK_MS = 5 * 60_000
/** Percent of the disk in use above which images are removed, and down to which. */
const HIGH_PERCENT = 85
const LOW_PERCENT = 80

/** Bytes to free, 0 while the disk is not too full. */
export function bytesToFree({ capacityBytes, availableBytes }: FileSystem): number {
  const usedPercent = 100 - Math.trunc((availableBytes * 100) / capacityBytes)
  if (usedPercent < HIGH_PERCENT) return 0
  return Math.max(0, (capacityBytes * (100 - LOW_PERCENT)) / 100 - availableBytes)
}

/** Removes unused images when the disk fills up, those first that have been unused the longest. */
export class ImageCollector implements Component {
  readonly name = 'image-collection'
  readonly #deps: ImageCollectorDeps
  readonly #lastUsed = new Map<string, number>() // by image id, monotonic ms; when first seen counts as used

  constructor(deps: ImageCollectorDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      await clock.sleep(CHECK_MS, signal).catch(() => log.debug('images are no longer collected'))
      if (signal.aborted) return
      await this.collect(signal).catch((error) => log.warn('images could not be collected', { error }))
    }
  }

  /** Removes as many images as needed; answers the ids of those removed. */
  async collect(signal: AbortSignal): Promise<string[]> {
    const { runtime, dataDir, log } = this.#deps
    const unused = await this.#unused(signal)
    let missing = bytesToFree(await readFileSystem(dataDir))
    const removed: string[] = []
    for (const { id, size } of unused) {
      if (missing <= 0) break
      await runtime.removeImage({ image: id }, signal)
      log.info('an unused image was removed to free disk space', { image: id, size })
      missing -= size
      removed.push(id)
    }
    return removed
  }

  /** Images that no container uses, the longest unused first. */
  async #unused(signal: AbortSignal): Promise<Image[]> {
    const { runtime, clock, sandboxImage } = this.#deps
    const [images, containers] = await Promise.all([runtime.listImages(signal), runtime.listContainers({}, signal)])
    const used = new Set(containers.flatMap(({ image, imageRef, imageId }) => [image?.image ?? '', imageRef, imageId]))
    const now = clock.monotonic()
    const isUsed = ({ id, repoTags, repoDigests }: Image) =>
      [id, ...repoTags, ...repoDigests].some((name) => used.has(name))
    for (const image of images) if (isUsed(image) || !this.#lastUsed.has(image.id)) this.#lastUsed.set(image.id, now)
    const free = images.filter((image) => !isUsed(image) && !image.pinned && !image.repoTags.includes(sandboxImage))
    return free.sort((a, b) => (this.#lastUsed.get(a.id) ?? now) - (this.#lastUsed.get(b.id) ?? now))
  }
}
