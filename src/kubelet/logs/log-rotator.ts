import { rename, rm, stat } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'

export interface LogRotatorDeps {
  readonly runtime: Pick<ContainerRuntime, 'listContainers' | 'containerStatus' | 'reopenContainerLog'>
  /** False when nothing runs on this node: then there is nothing to look at. */
  containers(): boolean
  /** A file that has grown to this is put aside; upstream's containerLogMaxSize, 10 MiB, unless given. */
  readonly maxBytes?: number
  readonly clock: Clock
  readonly log: Logger
}

const CHECK_MS = 10_000
const MAX_BYTES = 10 * 1024 * 1024
/** The one being written included. */
const MAX_FILES = 5

/** Keeps container logs small: 5 files of 10 MiB. The newest old one is `<n>.log.1`, and so on. */
export class LogRotator implements Component {
  readonly name = 'log-rotation'
  readonly #deps: LogRotatorDeps
  readonly #paths = new Map<string, string>() // by id of running container

  constructor(deps: LogRotatorDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, containers } = this.#deps
    while (!signal.aborted) {
      await clock.sleep(CHECK_MS, signal).catch(() => log.debug('logs are no longer rotated'))
      if (signal.aborted) return
      if (containers())
        await this.#check(signal).catch((error) => log.warn('container logs were not checked', { error }))
    }
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { runtime, log } = this.#deps
    const running = await runtime.listContainers({ state: { state: 'CONTAINER_RUNNING' } }, signal)
    const ids = new Set(running.map(({ id }) => id))
    for (const id of this.#paths.keys()) if (!ids.has(id)) this.#paths.delete(id)
    for (const id of ids) {
      await this.#rotateIfLarge(id, signal).catch((error) => log.warn('a container log was not rotated', { id, error }))
    }
  }

  async #rotateIfLarge(id: string, signal: AbortSignal): Promise<void> {
    const { runtime, maxBytes = MAX_BYTES } = this.#deps
    const path = this.#paths.get(id) ?? (await runtime.containerStatus(id, signal)).logPath
    this.#paths.set(id, path)
    const found = await stat(path).catch(() => undefined) // not written yet
    if (!found || found.size < maxBytes) return
    await shift(path)
    await runtime.reopenContainerLog(id, signal)
  }
}

async function shift(path: string): Promise<void> {
  await rm(`${path}.${MAX_FILES - 1}`, { force: true })
  for (let number = MAX_FILES - 2; number >= 1; number--) {
    await rename(`${path}.${number}`, `${path}.${number + 1}`).catch(ignoreMissing)
  }
  await rename(path, `${path}.1`)
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
