import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { detailOf } from '../cri/container-runtime.ts'
import type { ContainerConfig, PodSandboxConfig } from '../cri/messages.ts'
import type { EnvironmentDeps } from '../environment/container-env.ts'
import { containerEnvironment } from '../environment/container-env.ts'
import type { ResourceHost } from '../environment/container-resources.ts'
import { podHostname } from '../environment/hostname.ts'
import { hostNetworkHostsFile, hostsFile } from '../environment/hosts-file.ts'
import type { ImagePuller } from '../images/image-puller.ts'
import type { MountedVolume, VolumeManager } from '../volumes/volume-manager.ts'
import { containerConfig } from './container-config.ts'
import { runHook } from './lifecycle-hooks.ts'
import type { ContainerSpec, PodView } from './pod.ts'
import { isSidecar } from './pod.ts'
import type { PodDirectories } from './pod-directories.ts'
import type { PodEvents } from './pod-events.ts'

export interface ContainerStarterDeps {
  readonly runtime: ContainerRuntime
  readonly images: ImagePuller
  readonly volumes: Pick<VolumeManager, 'prepareSubPath'>
  readonly directories: PodDirectories
  readonly environment: EnvironmentDeps
  readonly events: PodEvents
  readonly host: ResourceHost
  readonly clusterDomain: string
  readonly hostIPs: readonly string[]
  readonly clock: Clock
  readonly log: Logger
}

/** Where a container is started. */
export interface StartPlace {
  readonly sandboxId: string
  readonly sandbox: PodSandboxConfig
  readonly podIPs: readonly string[]
  readonly volumes: ReadonlyMap<string, MountedVolume>
}

/** Why a container does not run: the waiting state's reason and message. */
export interface StartFailure {
  readonly reason: string
  readonly message: string
  /** ms since the epoch: when to try again, if not with the next look at the pod. */
  readonly retryAt?: number
}

interface Attempt extends StartPlace {
  readonly pod: PodView
  readonly container: ContainerSpec
  readonly restartCount: number
}

/** Pulls the image, creates and starts a container and runs its postStart hook. */
export class ContainerStarter {
  readonly #deps: ContainerStarterDeps

  constructor(deps: ContainerStarterDeps) {
    this.#deps = deps
  }

  /** Undefined when the container runs; `previous` is the restart count of the attempt before. */
  async start(
    pod: PodView,
    container: ContainerSpec,
    place: StartPlace,
    previous: number | undefined,
    signal: AbortSignal,
  ): Promise<StartFailure | undefined> {
    const { images, events } = this.#deps
    const pulled = await images.ensure(pod, container, place.sandbox, signal)
    if (!pulled.ok) {
      events.container(pod, container).warning('Failed', `Error: ${pulled.reason}`)
      return pulled
    }
    const restartCount = previous === undefined ? await this.#restartsInLogs(pod, container) : previous + 1
    const attempt = { ...place, pod, container, restartCount }
    return this.#createAndRun(attempt, pulled, signal)
  }

  async #createAndRun(
    attempt: Attempt,
    pulled: Parameters<ContainerStarter['configure']>[1],
    signal: AbortSignal,
  ): Promise<StartFailure | undefined> {
    const { runtime } = this.#deps
    const events = this.#deps.events.container(attempt.pod, attempt.container)
    const config = await this.#step(attempt, 'CreateContainerConfigError', signal, () =>
      this.configure(attempt, pulled, signal),
    )
    if ('reason' in config) return config
    const created = await this.#step(attempt, 'CreateContainerError', signal, async () => ({
      id: await runtime.createContainer(attempt.sandboxId, config.done, attempt.sandbox, signal),
    }))
    if ('reason' in created) return created
    events.normal('Created', 'Container created')
    const { id } = created.done
    const started = await this.#step(attempt, 'RunContainerError', signal, () => runtime.startContainer(id, signal))
    if ('reason' in started) return started
    events.normal('Started', 'Container started')
    return this.#postStart(attempt, id, signal)
  }

  /** Runs one step; a failure becomes the reason that the container waits for. */
  async #step<T>(
    { pod, container }: Attempt,
    reason: string,
    signal: AbortSignal,
    step: () => Promise<T>,
  ): Promise<{ readonly done: T } | StartFailure> {
    try {
      return { done: await step() }
    } catch (error) {
      signal.throwIfAborted()
      const message = detailOf(error)
      this.#deps.events.container(pod, container).warning('Failed', `Error: ${message}`)
      return { reason, message }
    }
  }

  /** The configuration that a container is created with. Rejects with the text for CreateContainerConfigError. */
  async configure(
    { pod, container, podIPs, volumes, restartCount }: Attempt,
    { image, imageRef }: { image: Parameters<typeof containerConfig>[2]['image']; imageRef: string },
    signal: AbortSignal,
  ): Promise<ContainerConfig> {
    const { environment, events, hostIPs, host, clusterDomain } = this.#deps
    const report = (source: string, keys: readonly string[]): void => {
      const text = `Keys [${keys.join(', ')}] from the EnvFrom ${source} were skipped since they are considered invalid environment variable names.`
      events.pod(pod).warning('InvalidEnvironmentVariableNames', text)
    }
    const addresses = { podIPs: pod.spec.hostNetwork ? hostIPs : podIPs, hostIPs }
    const env = await containerEnvironment(pod, container, addresses, environment, report, signal)
    const hostsPath = await this.#writeHostsFile(pod, podIPs, clusterDomain)
    const setting = { restartCount, image, imageRef, env, volumes, hostsFile: hostsPath, host }
    return containerConfig(pod, container, setting, this.#deps, signal)
  }

  /** The file that all containers of the pod share as /etc/hosts. */
  async #writeHostsFile(pod: PodView, podIPs: readonly string[], clusterDomain: string): Promise<string> {
    const { directories } = this.#deps
    const text = pod.spec.hostNetwork
      ? hostNetworkHostsFile(pod, await readFile('/etc/hosts', 'utf8'))
      : hostsFile(pod, podHostname(pod, clusterDomain), podIPs)
    await mkdir(directories.pod(pod.metadata.uid), { recursive: true, mode: 0o750 })
    const file = directories.hostsFile(pod.metadata.uid)
    await writeFile(file, text, { mode: 0o644 })
    return file
  }

  /** When the runtime knows nothing any more: the log files tell how often the container has been started. */
  async #restartsInLogs(pod: PodView, { name }: ContainerSpec): Promise<number> {
    const folder = join(this.#deps.directories.podLogs(pod), name)
    const files = await readdir(folder).catch(() => [] as string[])
    const counts = files.flatMap((file) => /^(\d+)\.log/.exec(file)?.[1] ?? []).map(Number)
    return counts.length === 0 ? 0 : Math.max(...counts) + 1
  }

  async #postStart(
    { pod, container, podIPs }: Attempt,
    containerId: string,
    signal: AbortSignal,
  ): Promise<StartFailure | undefined> {
    const { runtime, log, hostIPs } = this.#deps
    const hook = container.lifecycle?.postStart
    if (!hook) return undefined
    try {
      const podIP = (pod.spec.hostNetwork ? hostIPs[0] : podIPs[0]) ?? ''
      await runHook(hook, { container, containerId, podIP }, this.#deps, signal)
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      log.info('a postStart hook failed', { container: container.name, error })
      const events = this.#deps.events.container(pod, container)
      events.warning('FailedPostStartHook', 'PostStartHook failed')
      events.normal('Killing', 'FailedPostStartHook')
      await runtime.stopContainer(containerId, pod.spec.terminationGracePeriodSeconds ?? 30, signal)
      return { reason: 'PostStartHookError', message: (error as Error).message }
    }
  }
}

/** Init containers other than sidecars are retried at the pod's own pace, the rest at the container's. */
export function backOffKey({ metadata }: PodView, container: ContainerSpec): string {
  return `${metadata.uid}/${container.name}/${isSidecar(container)}`
}
