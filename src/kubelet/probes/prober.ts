import type { Probe } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { ContainerSpec, PodView } from '../pods/pod.ts'
import { allContainers, isTerminal } from '../pods/pod.ts'
import type { ProbeResults, ProbeVerdict } from '../pods/pod-actions.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import type { RuntimePod } from '../pods/runtime-pod.ts'
import { latest } from '../pods/runtime-pod.ts'
import { ProbeTimer } from './probe-timer.ts'
import type { RunProbe } from './run-probe.ts'

export const ProbeKind = { Liveness: 'Liveness', Readiness: 'Readiness', Startup: 'Startup' } as const
export type ProbeKind = (typeof ProbeKind)[keyof typeof ProbeKind]

const SPEC = { Liveness: 'livenessProbe', Readiness: 'readinessProbe', Startup: 'startupProbe' } as const

export interface ProberDeps {
  readonly run: RunProbe
  readonly events: PodEvents
  readonly clock: Clock
  readonly log: Logger
  /** A result changed: the pod has to be looked at. */
  onChange(podUid: string): void
}

/** What one pod's probes need to know of it. */
export interface ProbedPod {
  readonly pod: PodView
  readonly actual: RuntimePod
  /** Where probes go: the pod's address, or the host's with the host's network. */
  readonly podIP: string
}

/**
 * The probes of all pods: one timer for each probe of a running container, none otherwise. `observe` is called with each
 * look at a pod, and starts and stops timers as containers come and go. Results are kept by container id, so a restarted
 * container starts anew. Liveness and readiness wait for the startup probe, which stops when it has succeeded.
 */
export class Prober implements ProbeResults {
  readonly #deps: ProberDeps
  readonly #timers = new Map<string, ProbeTimer>() // by `<container id>/<kind>`
  readonly #results = new Map<string, ProbeVerdict>() // likewise; kept until the container is gone
  readonly #owned = new Map<string, Set<string>>() // pod uid → its keys in the maps above

  constructor(deps: ProberDeps) {
    this.#deps = deps
  }

  liveness(containerId: string): ProbeVerdict | undefined {
    return this.#results.get(`${containerId}/${ProbeKind.Liveness}`)
  }

  startup(containerId: string): ProbeVerdict | undefined {
    return this.#results.get(`${containerId}/${ProbeKind.Startup}`)
  }

  readiness(containerId: string): ProbeVerdict | undefined {
    return this.#results.get(`${containerId}/${ProbeKind.Readiness}`)
  }

  /** Whether a running container counts as started: it has no startup probe, or that has succeeded. */
  isStarted(container: ContainerSpec, containerId: string): boolean {
    return !container.startupProbe || this.startup(containerId) === 'success'
  }

  observe(probed: ProbedPod): void {
    const { pod, actual } = probed
    const wanted = isTerminal(pod.status?.phase) ? new Map() : this.#wanted(probed)
    const owned = this.#owned.get(pod.metadata.uid) ?? new Set<string>()
    const present = new Set(actual.containers.map(({ id }) => id))
    for (const key of owned) {
      if (!wanted.has(key)) this.#stopTimer(key)
      if (!present.has(key.slice(0, key.indexOf('/')))) this.#forgetKey(owned, key)
    }
    for (const [key, start] of wanted) {
      if (this.#timers.has(key)) continue
      owned.add(key)
      start()
    }
    if (owned.size > 0) this.#owned.set(pod.metadata.uid, owned)
    else this.#owned.delete(pod.metadata.uid)
  }

  /** Stops all probes of a pod and forgets their results. */
  forget(podUid: string): void {
    const owned = this.#owned.get(podUid) ?? new Set()
    for (const key of owned) {
      this.#stopTimer(key)
      this.#results.delete(key)
    }
    this.#owned.delete(podUid)
  }

  /** Stops all probes; for when the kubelet ends and its pods go on. */
  stop(): void {
    for (const key of [...this.#timers.keys()]) this.#stopTimer(key)
  }

  #forgetKey(owned: Set<string>, key: string): void {
    this.#results.delete(key)
    owned.delete(key)
  }

  #stopTimer(key: string): void {
    this.#timers.get(key)?.stop()
    this.#timers.delete(key)
  }

  /** Which probes have to run now, and how each is started. */
  #wanted(probed: ProbedPod): Map<string, () => void> {
    const wanted = new Map<string, () => void>()
    for (const container of allContainers(probed.pod)) {
      const current = latest(probed.actual, container.name)
      if (current?.state !== 'running') continue
      for (const kind of this.#kindsFor(probed.pod, container, current.id)) {
        const probe = container[SPEC[kind]] as DeepReadonly<Probe>
        const key = `${current.id}/${kind}`
        wanted.set(key, () => this.#start(key, kind, probe, probed, container, current))
      }
    }
    return wanted
  }

  #kindsFor(pod: PodView, container: ContainerSpec, containerId: string): ProbeKind[] {
    const terminating = pod.metadata.deletionTimestamp !== undefined
    const started = this.isStarted(container, containerId)
    return Object.values(ProbeKind).filter((kind) => {
      if (!container[SPEC[kind]]) return false
      if (kind === ProbeKind.Startup) return !started && !terminating && this.startup(containerId) !== 'failure'
      if (kind === ProbeKind.Liveness) return started && !terminating && this.liveness(containerId) !== 'failure'
      return started
    })
  }

  #start(
    key: string,
    kind: ProbeKind,
    probe: DeepReadonly<Probe>,
    { pod, podIP }: ProbedPod,
    container: ContainerSpec,
    current: { readonly id: string; readonly startedAt: number },
  ): void {
    const { clock, run, log } = this.#deps
    const target = { container, containerId: current.id, podIP }
    const timer = new ProbeTimer(probe, {
      clock,
      log,
      firstAfterMs: current.startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now(),
      run: (signal) => run(probe, target, signal),
      report: (outcome) => this.#report(pod, container, kind, outcome.verdict, outcome.output),
      settle: (verdict) => this.#settle(pod.metadata.uid, key, verdict),
    })
    this.#timers.set(key, timer)
    timer.start()
  }

  #report(pod: PodView, container: ContainerSpec, kind: ProbeKind, verdict: string, output: string): void {
    const events = this.#deps.events.container(pod, container)
    if (verdict === 'failure') events.warning('Unhealthy', `${kind} probe failed: ${output}`)
    if (verdict === 'error') {
      events.warning('Unhealthy', `${kind} probe errored and resulted in unknown state: ${output}`)
    }
    if (verdict === 'warning') events.warning('ProbeWarning', `${kind} probe warning: ${output}`)
  }

  #settle(podUid: string, key: string, verdict: ProbeVerdict): void {
    if (this.#results.get(key) === verdict) return
    this.#results.set(key, verdict)
    this.#deps.onChange(podUid)
  }
}
