import type { LifecycleHandler } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { runHook } from './lifecycle-hooks.ts'
import type { PodView } from './pod.ts'
import { findContainer } from './pod.ts'
import type { ContainerToKill } from './pod-actions.ts'
import { terminationOrder } from './pod-actions.ts'
import type { PodEvents } from './pod-events.ts'
import type { RuntimeContainer, RuntimePod } from './runtime-pod.ts'

export interface ContainerKillerDeps {
  readonly runtime: ContainerRuntime
  readonly events: PodEvents
  readonly clock: Clock
  readonly log: Logger
}

/** However short the grace period: this long a container has between SIGTERM and SIGKILL. */
const MIN_GRACE_SECONDS = 2
const DEFAULT_GRACE_SECONDS = 30

/** Stops containers as people were promised: preStop hook, SIGTERM, and SIGKILL when the grace period is over. */
export class ContainerKiller {
  readonly #deps: ContainerKillerDeps

  constructor(deps: ContainerKillerDeps) {
    this.#deps = deps
  }

  /**
   * Stops all running containers, sidecars after those they serve, then the sandboxes. Without `pod` (it is known no
   * more) what the containers' annotations say is used. `graceSeconds` overrides the pod's grace period.
   */
  async killPod(
    actual: RuntimePod,
    pod: PodView | undefined,
    { graceSeconds }: { graceSeconds?: number },
    signal: AbortSignal,
  ): Promise<void> {
    const running = actual.containers.filter(({ state }) => state === 'running' || state === 'unknown')
    const deadline = this.#deps.clock.monotonic() + (graceSeconds ?? graceOf(pod, running[0])) * 1000
    for (const [place, group] of terminationOrder(pod, running).entries()) {
      const left = Math.max(MIN_GRACE_SECONDS, Math.ceil((deadline - this.#deps.clock.monotonic()) / 1000))
      const grace = place === 0 ? graceSeconds : left
      const podIP = actual.sandboxes[0]?.ips[0] ?? ''
      await Promise.all(
        group.map((container) => this.#stop(container, pod, podIP, '', grace ?? graceOf(pod, container), signal)),
      )
    }
    await Promise.all(actual.sandboxes.map(({ id }) => this.#deps.runtime.stopPodSandbox(id, signal)))
  }

  /** Stops one container of a pod that goes on, for the reason given. */
  async kill(
    pod: PodView,
    actual: RuntimePod,
    { container, message, probe }: ContainerToKill,
    signal: AbortSignal,
  ): Promise<void> {
    const spec = findContainer(pod, container.name)
    const ofProbe =
      probe && (probe === 'liveness' ? spec?.livenessProbe : spec?.startupProbe)?.terminationGracePeriodSeconds
    const podIP = actual.sandboxes[0]?.ips[0] ?? ''
    await this.#stop(container, pod, podIP, message, ofProbe ?? graceOf(pod, container), signal)
  }

  async #stop(
    container: RuntimeContainer,
    pod: PodView | undefined,
    podIP: string,
    message: string,
    graceSeconds: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { runtime, events } = this.#deps
    const text = message || `Stopping container ${container.name}`
    if (pod) events.container(pod, container).normal('Killing', text)
    const spent = graceSeconds > 0 ? await this.#preStop(container, pod, podIP, graceSeconds, signal) : 0
    const left = Math.max(Math.ceil(graceSeconds - spent), Math.min(graceSeconds, MIN_GRACE_SECONDS))
    await runtime.stopContainer(container.id, left, signal)
  }

  /** Runs the preStop hook, at most for the grace period; answers the seconds it took. */
  async #preStop(
    container: RuntimeContainer,
    pod: PodView | undefined,
    podIP: string,
    graceSeconds: number,
    signal: AbortSignal,
  ): Promise<number> {
    const { clock, events, log } = this.#deps
    const spec = (pod && findContainer(pod, container.name)) ?? { name: container.name }
    const hook = pod ? spec.lifecycle?.preStop : handlerIn(container)
    if (!hook || container.state !== 'running') return 0
    const started = clock.monotonic()
    const limit = AbortSignal.any([signal, AbortSignal.timeout(graceSeconds * 1000)])
    try {
      await runHook(hook, { container: spec, containerId: container.id, podIP }, this.#deps, limit)
    } catch (error) {
      signal.throwIfAborted()
      log.info('a preStop hook failed', { container: container.name, error })
      if (pod && !limit.aborted) events.container(pod, container).warning('FailedPreStopHook', 'PreStopHook failed')
    }
    return (clock.monotonic() - started) / 1000
  }
}

function graceOf(pod: PodView | undefined, container: RuntimeContainer | undefined): number {
  const own = pod
    ? (pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds)
    : container?.graceSeconds
  return own ?? DEFAULT_GRACE_SECONDS
}

function handlerIn({ preStopHandler }: RuntimeContainer): DeepReadonly<LifecycleHandler> | undefined {
  return preStopHandler === undefined ? undefined : (JSON.parse(preStopHandler) as LifecycleHandler)
}
