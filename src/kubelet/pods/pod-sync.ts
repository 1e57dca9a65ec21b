import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { CgroupTree } from '../cgroups/cgroup-tree.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { RuntimeCode, RuntimeError } from '../cri/container-runtime.ts'
import type { DnsConfig, PodSandboxConfig } from '../cri/messages.ts'
import type { ClusterDns } from '../environment/dns.ts'
import type { Prober } from '../probes/prober.ts'
import type { VolumeManager } from '../volumes/volume-manager.ts'
import { VolumeMountError } from '../volumes/volume-manager.ts'
import { BackOff, goDuration } from './back-off.ts'
import type { ContainerKiller } from './container-killer.ts'
import type { ContainerStarter, StartFailure, StartPlace } from './container-starter.ts'
import { backOffKey } from './container-starter.ts'
import { MountRetries } from './mount-retries.ts'
import type { ContainerSpec, PodView } from './pod.ts'
import { podTitle } from './pod.ts'
import type { PodActions } from './pod-actions.ts'
import { planPod } from './pod-actions.ts'
import type { PodDirectories } from './pod-directories.ts'
import type { PodEvents } from './pod-events.ts'
import type { RuntimeContainer, RuntimePod, RuntimePodReader } from './runtime-pod.ts'
import { latest } from './runtime-pod.ts'
import { sandboxConfig } from './sandbox-config.ts'

export interface PodSyncDeps {
  readonly runtime: ContainerRuntime
  readonly reader: RuntimePodReader
  readonly starter: ContainerStarter
  readonly killer: ContainerKiller
  readonly volumes: VolumeManager
  readonly cgroups: CgroupTree
  readonly prober: Prober
  readonly directories: PodDirectories
  readonly events: PodEvents
  readonly clusterDns: ClusterDns
  readonly hostDns: () => DnsConfig
  /** The runtime's name for a RuntimeClass; rejects when there is no such class. */
  runtimeHandler(runtimeClassName: string, signal: AbortSignal): Promise<string>
  readonly clock: Clock
  readonly log: Logger
}

/** What one look at a pod came to. */
export interface SyncOutcome {
  /** Something was changed: look again at once. */
  readonly acted: boolean
  /** ms since the epoch: look again then, even if nothing happens. */
  readonly retryAt: number | undefined
  /** By container, why it could not be started. Containers that were not tried keep what they had. */
  readonly failures: ReadonlyMap<string, StartFailure | undefined>
}

/** A failed start is tried again after 10–15 s (upstream: workerBackOffPeriod with jitter), so that pods do not go in step. */
const RETRY_MS = 10_000
const RETRY_JITTER = 0.5
const retryDelayMs = (): number => RETRY_MS * (1 + RETRY_JITTER * Math.random())
/** The runtime and the pod network come up by themselves, mostly at once. */
const TRANSIENT_RETRY_MS = 1000
const NETWORK_NOT_READY = 'cni plugin not initialized'
/** Dead attempts of a container that are kept, for `kubectl logs --previous`. */
const KEPT_ATTEMPTS = 1

/** Brings what runs of a pod to what is wanted: one plan, carried out in order. */
export class PodSync {
  readonly #deps: PodSyncDeps
  readonly #backOff: BackOff
  readonly #mounts: MountRetries

  constructor(deps: PodSyncDeps) {
    this.#deps = deps
    this.#backOff = new BackOff(deps.clock)
    this.#mounts = new MountRetries(deps.clock)
  }

  forget(podUid: string): void {
    this.#backOff.forget(`${podUid}/`)
    this.#mounts.forget(podUid)
  }

  async sync(pod: PodView, actual: RuntimePod, signal: AbortSignal): Promise<SyncOutcome> {
    const actions = planPod(pod, actual, this.#deps.prober)
    if (isIdle(actions)) {
      this.#deps.volumes.keepPod(pod)
      return { acted: false, retryAt: undefined, failures: new Map() }
    }
    if (actions.killPod) await this.#killForPlan(pod, actual, actions, signal)
    for (const one of actions.killPod ? [] : actions.kill) await this.#deps.killer.kill(pod, actual, one, signal)
    const wanted = [...actions.startInit, ...actions.start]
    if (wanted.length === 0) return { acted: true, retryAt: undefined, failures: new Map() }
    return this.#start(pod, actual, actions, wanted, signal)
  }

  async #killForPlan(
    pod: PodView,
    actual: RuntimePod,
    { createSandbox }: PodActions,
    signal: AbortSignal,
  ): Promise<void> {
    if (actual.sandboxes.length === 0 && actual.containers.length === 0) return
    if (createSandbox) {
      this.#deps.events.pod(pod).normal('SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    }
    await this.#deps.killer.killPod(actual, pod, {}, signal)
  }

  async #start(
    pod: PodView,
    actual: RuntimePod,
    actions: PodActions,
    wanted: readonly ContainerSpec[],
    signal: AbortSignal,
  ): Promise<SyncOutcome> {
    const due = wanted.map((container) => this.#waitingFor(pod, container, actual))
    const failures = new Map<string, StartFailure | undefined>()
    for (const [place, container] of wanted.entries()) if (due[place]) failures.set(container.name, due[place])
    if (failures.size === wanted.length && !actions.createSandbox) return outcome(actions.kill.length > 0, failures)
    const place = await this.#prepare(pod, actual, actions, signal)
    if ('retryAt' in place) return { acted: false, failures, retryAt: place.retryAt }
    for (const container of wanted) {
      if (failures.has(container.name)) continue
      failures.set(container.name, await this.#startOne(pod, container, actual, place, signal))
    }
    return outcome(true, failures)
  }

  /** Crash loops: undefined when the container may be started now. */
  #waitingFor(pod: PodView, container: ContainerSpec, actual: RuntimePod): StartFailure | undefined {
    const last = lastExit(actual, container)
    if (!last) return undefined
    const key = backOffKey(pod, container)
    const retryAt = this.#backOff.waitUntil(key, last.finishedAt)
    if (retryAt === undefined) return undefined
    const text = `Back-off restarting failed container ${container.name} in pod ${podTitle(pod)}`
    this.#deps.events.container(pod, container).warning('BackOff', text)
    const delay = goDuration(this.#backOff.delayMs(key))
    const message = `back-off ${delay} restarting failed container=${container.name} pod=${podTitle(pod)}`
    return { reason: 'CrashLoopBackOff', message, retryAt }
  }

  async #startOne(
    pod: PodView,
    container: ContainerSpec,
    actual: RuntimePod,
    place: StartPlace,
    signal: AbortSignal,
  ): Promise<StartFailure | undefined> {
    const ended = lastExit(actual, container)
    if (ended) this.#backOff.next(backOffKey(pod, container), ended.finishedAt)
    const last = latest(actual, container.name)
    const failure = await this.#deps.starter.start(pod, container, place, last?.restartCount, signal)
    await this.#removeOldAttempts(actual, container.name, signal)
    return failure && { retryAt: this.#deps.clock.now() + retryDelayMs(), ...failure }
  }

  async #removeOldAttempts({ containers }: RuntimePod, name: string, signal: AbortSignal): Promise<void> {
    const dead = containers.filter((container) => container.name === name && container.state !== 'running')
    for (const { id } of dead.slice(KEPT_ATTEMPTS)) {
      await this.#deps.runtime.removeContainer(id, signal)
      this.#deps.reader.forget(id)
    }
  }

  /** Cgroup, volumes and sandbox; or when to try again. */
  async #prepare(
    pod: PodView,
    actual: RuntimePod,
    actions: PodActions,
    signal: AbortSignal,
  ): Promise<StartPlace | { retryAt: number }> {
    const { cgroups, volumes, clock } = this.#deps
    const waiting = this.#mounts.waitUntil(pod.metadata.uid)
    if (waiting !== undefined) return { retryAt: waiting }
    const cgroupParent = cgroups.pathOf(pod)
    try {
      await cgroups.ensurePod(pod)
      const mounted = await volumes.mountPod(pod, signal)
      this.#mounts.forget(pod.metadata.uid)
      const config = this.#sandboxConfig(pod, actions.attempt, cgroupParent)
      const sandbox = actions.createSandbox ? await this.#runSandbox(pod, config, signal) : actual.sandboxes[0]
      if (!sandbox) return { retryAt: clock.now() + TRANSIENT_RETRY_MS }
      return { sandboxId: sandbox.id, podIPs: sandbox.ips, sandbox: config, volumes: mounted }
    } catch (error) {
      signal.throwIfAborted()
      return { retryAt: this.#reportUnprepared(pod, error as Error) }
    }
  }

  /** Tells why a pod has no place to run yet, and answers when to try again. */
  #reportUnprepared(pod: PodView, error: Error): number {
    const { clock, log } = this.#deps
    const events = this.#deps.events.pod(pod)
    log.info('a pod could not be prepared', { pod: podTitle(pod), error })
    if (error instanceof VolumeMountError) {
      const { messages, retryAt } = this.#mounts.failed(pod.metadata.uid, error)
      for (const message of messages) events.warning('FailedMount', message)
      return retryAt
    }
    events.warning('FailedCreatePodSandBox', `Failed to create pod sandbox: ${error.message}`)
    return clock.now() + (isTransient(error) ? TRANSIENT_RETRY_MS : retryDelayMs())
  }

  #sandboxConfig(pod: PodView, attempt: number, cgroupParent: string): PodSandboxConfig {
    const { directories, clusterDns, hostDns } = this.#deps
    return sandboxConfig(pod, attempt, { directories, clusterDns, hostDns: hostDns(), cgroupParent })
  }

  async #runSandbox(
    pod: PodView,
    config: PodSandboxConfig,
    signal: AbortSignal,
  ): Promise<{ id: string; ips: readonly string[] }> {
    const { runtime, runtimeHandler } = this.#deps
    const className = pod.spec.runtimeClassName
    const handler = className ? await runtimeHandler(className, signal) : ''
    const id = await runtime.runPodSandbox(config, handler, signal)
    const { network } = await runtime.podSandboxStatus(id, signal)
    const ips = network?.ip ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : []
    return { id, ips }
  }
}

/** A container that a failed probe has just stopped is still shown as running: then the attempt before it counts, as upstream. */
function lastExit({ containers }: RuntimePod, { name }: ContainerSpec): RuntimeContainer | undefined {
  return containers.find((container) => container.name === name && container.state === 'exited')
}

function isTransient(error: Error): boolean {
  if (error instanceof RuntimeError && error.code === RuntimeCode.Unavailable) return true
  return error.message.includes(NETWORK_NOT_READY)
}

function isIdle({ killPod, createSandbox, kill, startInit, start }: PodActions): boolean {
  return !killPod && !createSandbox && kill.length + startInit.length + start.length === 0
}

function outcome(acted: boolean, failures: ReadonlyMap<string, StartFailure | undefined>): SyncOutcome {
  const times = [...failures.values()].flatMap((failure) => failure?.retryAt ?? [])
  const started = [...failures.values()].some((failure) => failure === undefined)
  return { acted: acted && started, failures, retryAt: times.length === 0 ? undefined : Math.min(...times) }
}
