import type { PodStatus } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Prober } from '../probes/prober.ts'
import type { ContainerKiller } from './container-killer.ts'
import type { StartFailure } from './container-starter.ts'
import type { StatusFacts } from './container-statuses.ts'
import type { ContainerSpec, PodStatusView, PodView } from './pod.ts'
import { isTerminal } from './pod.ts'
import { isReasonToLook } from './pod-change.ts'
import type { PodEvents } from './pod-events.ts'
import type { PodIdentity, PodRemovalDeps } from './pod-removal.ts'
import { PodRemoval } from './pod-removal.ts'
import type { PodFailure } from './pod-status.ts'
import { podStatus } from './pod-status.ts'
import type { RuntimePod } from './runtime-pod.ts'
import { terminationMessage } from './termination-message.ts'

export interface PodWorkerDeps extends PodRemovalDeps {
  readonly killer: ContainerKiller
  readonly prober: Prober
  readonly events: PodEvents
  readonly hostIPs: readonly string[]
  readonly clock: Clock
}

/** Where a pod's worker is: it goes forward only. */
type Stage = 'running' | 'terminating' | 'terminated' | 'finished'

const RETRY_MS = 1000

/**
 * Looks after one pod, from when it is first seen on this node until nothing of it is left. One look at a time: read what
 * runs, publish the status, do what the plan says. A pod that is deleted, has ended or failed is stopped (`terminating`),
 * its volumes and cgroup are taken away (`terminated`), and once it is deleted its API object is too.
 */
export class PodWorker {
  readonly identity: PodIdentity
  readonly #deps: PodWorkerDeps
  readonly #removal: PodRemoval
  #pod: PodView | undefined // undefined: the API does not know it (any more)
  #stage: Stage = 'running'
  #failure: PodFailure | undefined
  readonly #failures = new Map<string, StartFailure>() // by container: why its last start failed
  readonly #messages = new Map<string, string>() // by container id: what it said of its end
  #graceSeconds: number | undefined
  #dirty = true
  #wake = (): void => {}
  #stopping = new AbortController() // aborts what a pod that runs waits for, when it is to be stopped

  constructor(identity: PodIdentity, pod: PodView | undefined, deps: PodWorkerDeps) {
    this.identity = identity
    this.#pod = pod
    this.#deps = deps
    this.#removal = new PodRemoval(deps)
  }

  /** The pod as last seen, or undefined when the API has it no more. */
  get pod(): PodView | undefined {
    return this.#pod
  }

  get stage(): Stage {
    return this.#stage
  }

  /** Takes over a newer version of the pod; undefined when it is gone from the API. */
  update(pod: PodView | undefined): void {
    const before = this.#pod
    this.#pod = pod ?? before
    if (!pod) this.#removed = true
    if (!pod || pod.metadata.deletionTimestamp) this.#stopping.abort()
    if (!pod || !before || isReasonToLook(before, pod)) this.look()
  }
  #removed = false

  /** Ends the pod for a reason of the kubelet's own: it becomes Failed. */
  fail(failure: PodFailure, graceSeconds?: number): void {
    if (this.#failure || this.#stage !== 'running') return
    this.#failure = failure
    this.#graceSeconds = graceSeconds
    this.#stopping.abort()
    this.look()
  }

  /** Look at the pod again soon. */
  look(): void {
    this.#dirty = true
    this.#wake()
  }

  /** Works until nothing of the pod is left, or the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let waitMs: number | undefined = 0
    while (!signal.aborted && this.#stage !== 'finished') {
      if (waitMs !== 0) await this.#sleep(waitMs, signal)
      if (signal.aborted) return
      this.#dirty = false
      waitMs = await this.#once(signal)
    }
  }

  /** One look; answers when to take the next unless something happens before: ms, 0: at once, undefined: not by itself. */
  async #once(signal: AbortSignal): Promise<number | undefined> {
    try {
      switch (this.#stage) {
        case 'running':
          return await this.#whileRunning(signal)
        case 'terminating':
          return await this.#terminate(signal)
        case 'terminated':
          return await this.#cleanUp(signal)
        case 'finished':
          return undefined
      }
    } catch (error) {
      if (signal.aborted) return undefined
      if (this.#stopping.signal.aborted && this.#stage === 'running') return 0
      this.#deps.log.warn('a pod could not be looked after; trying again', { pod: this.identity.name, error })
      return RETRY_MS
    }
  }

  async #whileRunning(signal: AbortSignal): Promise<number | undefined> {
    const pod = this.#pod
    if (!pod || this.#removed || pod.metadata.deletionTimestamp || this.#failure) return this.#enter('terminating')
    const actual = await this.#look(pod, signal)
    if (this.#checkDeadline(pod)) return this.#enter('terminating')
    const status = this.#publish(pod, actual, false, signal)
    if (isTerminal(status.phase)) return this.#enter('terminating')
    this.#observeProbes(pod, actual, status)
    const stop = AbortSignal.any([signal, this.#stopping.signal])
    const { acted, retryAt, failures } = await this.#deps.sync.sync(pod, actual, stop)
    this.#remember(failures)
    if (acted) return 0
    if (failures.size > 0) this.#publish(pod, await this.#look(pod, signal), false, signal)
    return this.#nextLook(pod, status, retryAt)
  }

  #enter(stage: Stage): number {
    this.#stage = stage
    return 0
  }

  async #look(pod: PodView | undefined, signal: AbortSignal): Promise<RuntimePod> {
    const actual = await this.#deps.reader.read(this.identity, signal)
    if (pod) await this.#readMessages(actual)
    return actual
  }

  async #readMessages({ containers }: RuntimePod): Promise<void> {
    const present = new Set(containers.map(({ id }) => id))
    for (const id of this.#messages.keys()) if (!present.has(id)) this.#messages.delete(id)
    for (const container of containers) {
      if (container.state !== 'exited' || this.#messages.has(container.id)) continue
      this.#messages.set(container.id, await terminationMessage(container))
    }
  }

  #publish(pod: PodView, actual: RuntimePod, terminating: boolean, signal: AbortSignal): PodStatus {
    const { statuses, hostIPs, clock } = this.#deps
    const previous = statuses.statusOf(pod)
    const facts = this.#facts(previous)
    const failure = this.#failure
    const now = clock.now()
    const status = podStatus({ pod, previous, actual, facts, hostIPs, terminating, failure, now })
    statuses.set(pod, status, signal)
    return status
  }

  #facts(previous: PodStatusView): StatusFacts {
    const { prober } = this.#deps
    const old = (containerId: string) =>
      [...(previous.initContainerStatuses ?? []), ...(previous.containerStatuses ?? [])].find(
        (status) => status.containerID === `containerd://${containerId}`,
      )
    return {
      failure: (container) => this.#failures.get(container),
      message: (containerId) => this.#messages.get(containerId) ?? '',
      // A container taken over from an earlier run of the kubelet keeps its state until its probes have spoken.
      isStarted: (container: ContainerSpec, id) =>
        prober.isStarted(container, id) || (prober.startup(id) === undefined && old(id)?.started === true),
      isReady: (container: ContainerSpec, id) => {
        if (!container.readinessProbe) return true
        const verdict = prober.readiness(id)
        return verdict === undefined ? old(id)?.ready === true : verdict === 'success'
      },
    }
  }

  #observeProbes(pod: PodView, actual: RuntimePod, status: PodStatusView): void {
    const podIP = pod.spec.hostNetwork ? this.#deps.hostIPs[0] : actual.sandboxes[0]?.ips[0]
    this.#deps.prober.observe({ pod: { ...pod, status }, actual, podIP: podIP ?? '' })
  }

  #remember(failures: ReadonlyMap<string, StartFailure | undefined>): void {
    for (const [name, failure] of failures) {
      if (failure) this.#failures.set(name, failure)
      else this.#failures.delete(name)
    }
  }

  /** `activeDeadlineSeconds`, counted from the pod's start. */
  #checkDeadline(pod: PodView): boolean {
    const deadline = this.#deadlineOf(pod, this.#deps.statuses.statusOf(pod))
    if (deadline === undefined || this.#deps.clock.now() < deadline) return false
    const message = 'Pod was active on the node longer than the specified deadline'
    this.#deps.events.pod(pod).normal('DeadlineExceeded', message)
    this.#failure = { reason: 'DeadlineExceeded', message }
    return true
  }

  #deadlineOf({ spec }: PodView, { startTime }: PodStatusView): number | undefined {
    if (spec.activeDeadlineSeconds === undefined || startTime === undefined) return undefined
    return Date.parse(startTime) + spec.activeDeadlineSeconds * 1000
  }

  #nextLook(pod: PodView, status: PodStatusView, retryAt: number | undefined): number | undefined {
    const times = [retryAt, this.#deadlineOf(pod, status)].filter((time) => time !== undefined)
    return times.length === 0 ? undefined : Math.max(1, Math.min(...times) - this.#deps.clock.now())
  }

  /** Stops everything that runs of the pod, publishing what happens. */
  async #terminate(signal: AbortSignal): Promise<number> {
    const { killer, prober } = this.#deps
    const pod = this.#pod
    const actual = await this.#look(pod, signal)
    if (pod && !this.#removed) {
      const status = this.#publish(pod, actual, false, signal)
      this.#observeProbes(pod, actual, status)
    }
    const alive =
      actual.containers.some(({ state }) => state === 'running') || actual.sandboxes.some(({ ready }) => ready)
    if (alive) {
      const grace = this.#removed ? 1 : this.#graceSeconds
      await killer.killPod(actual, pod, grace === undefined ? {} : { graceSeconds: grace }, signal)
    }
    prober.forget(this.identity.uid)
    const after = await this.#look(pod, signal)
    if (after.containers.some(({ state }) => state === 'running')) return RETRY_MS
    if (pod && !this.#removed) this.#publish(pod, after, true, signal)
    return this.#enter('terminated')
  }

  /** Takes away volumes and cgroup; of a deleted pod also everything else, the API object last. */
  async #cleanUp(signal: AbortSignal): Promise<number | undefined> {
    await this.#removal.releaseResources(this.identity, signal)
    const deleted = this.#removed || this.#pod?.metadata.deletionTimestamp !== undefined
    if (!deleted) return undefined // a finished pod stays visible, with its logs, until someone deletes it
    await this.#removal.remove(this.identity, this.#removed ? undefined : this.#pod, signal)
    return this.#enter('finished')
  }

  #sleep(ms: number | undefined, signal: AbortSignal): Promise<void> {
    if (this.#dirty) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = ms === undefined ? () => {} : this.#deps.clock.after(ms, () => finish())
      const finish = (): void => {
        cancel()
        signal.removeEventListener('abort', finish)
        this.#wake = () => {}
        resolve()
      }
      this.#wake = finish
      signal.addEventListener('abort', finish, { once: true })
    })
  }
}
