import { containerHash } from './container-labels.ts'
import { planInitContainers } from './init-container-actions.ts'
import type { ContainerSpec, PodView } from './pod.ts'
import { isSidecar } from './pod.ts'
import { restartsOnFailure, wantsRestart } from './restart-rules.ts'
import type { RuntimeContainer, RuntimePod, RuntimeSandbox } from './runtime-pod.ts'
import { latest } from './runtime-pod.ts'

export type ProbeVerdict = 'success' | 'failure' | 'unknown'

/** The newest results of a container's probes, by container id; undefined when there is none yet. */
export interface ProbeResults {
  liveness(containerId: string): ProbeVerdict | undefined
  startup(containerId: string): ProbeVerdict | undefined
}

export interface ContainerToKill {
  readonly container: RuntimeContainer
  /** For the Killing event; empty: the usual text. */
  readonly message: string
  /** A probe made us do it: its own grace period holds. */
  readonly probe?: 'liveness' | 'startup'
}

/** What to do about a pod, computed by `planPod` from what is wanted and what there is. */
export interface PodActions {
  /** Stop all containers and the sandbox first; nothing else follows unless `createSandbox`. */
  readonly killPod: boolean
  readonly createSandbox: boolean
  /** The sandbox to start containers in, when none is created. */
  readonly sandboxId: string | undefined
  /** Number of the next sandbox. */
  readonly attempt: number
  readonly kill: readonly ContainerToKill[]
  /** In this order. */
  readonly startInit: readonly ContainerSpec[]
  readonly start: readonly ContainerSpec[]
}

/** Whether a pod needs a new sandbox: none is ready, it lost its address, or the network mode changed. */
export function sandboxVerdict(pod: PodView, { sandboxes }: RuntimePod): { changed: boolean; attempt: number } {
  const newest = sandboxes[0]
  if (!newest) return { changed: true, attempt: 0 }
  const usable = newest.ready && sandboxes.filter(({ ready }) => ready).length === 1 && fitsNetwork(pod, newest)
  return usable ? { changed: false, attempt: newest.attempt } : { changed: true, attempt: newest.attempt + 1 }
}

function fitsNetwork({ spec }: PodView, { hostNetwork, ips }: RuntimeSandbox): boolean {
  const wantsHost = spec.hostNetwork === true
  return hostNetwork === wantsHost && (wantsHost || ips.length > 0)
}

/** The next actions for a pod that is meant to run. Pure: upstream's computePodActions. */
export function planPod(pod: PodView, actual: RuntimePod, probes: ProbeResults): PodActions {
  const { changed, attempt } = sandboxVerdict(pod, actual)
  return changed ? planNewSandbox(pod, actual, attempt) : planInSandbox(pod, actual, probes)
}

function planNewSandbox(pod: PodView, actual: RuntimePod, attempt: number): PodActions {
  const nothing = {
    killPod: true,
    createSandbox: false,
    sandboxId: undefined,
    attempt,
    kill: [],
    startInit: [],
    start: [],
  }
  const ran = actual.containers.length > 0
  if (!anyMayRestart(pod) && attempt !== 0 && ran) return nothing
  const start = pod.spec.containers.filter((container) => !isDone(pod, container, latest(actual, container.name)))
  if (start.length === 0 && hasStartedRegular(pod, actual)) return nothing
  const create = { ...nothing, createSandbox: true }
  const [firstInit] = pod.spec.initContainers ?? []
  return firstInit ? { ...create, startInit: [firstInit] } : { ...create, start }
}

function anyMayRestart(pod: PodView): boolean {
  return pod.spec.containers.some((container) => restartsOnFailure(pod, container))
}

function isDone(pod: PodView, container: ContainerSpec, last: RuntimeContainer | undefined): boolean {
  if (last?.state !== 'exited') return false
  const policy = container.restartPolicy ?? pod.spec.restartPolicy
  return policy === 'OnFailure' && last.exitCode === 0
}

function hasStartedRegular({ spec }: PodView, actual: RuntimePod): boolean {
  return spec.containers.some(({ name }) => latest(actual, name) !== undefined)
}

function planInSandbox(pod: PodView, actual: RuntimePod, probes: ProbeResults): PodActions {
  const sandbox = actual.sandboxes[0] as RuntimeSandbox
  const base = { killPod: false, createSandbox: false, sandboxId: sandbox.id, attempt: sandbox.attempt }
  const init = planInitContainers(pod, actual, probes, hasStartedRegular(pod, actual))
  const waiting = { ...base, kill: init.kill, startInit: init.start, start: [] }
  if (init.failed) return { ...waiting, killPod: true, startInit: [] }
  if (!init.done) return waiting
  const verdicts = pod.spec.containers.map((container) => verdictOn(pod, container, actual, probes))
  const kill = [...init.kill, ...verdicts.flatMap(({ kill }) => kill ?? [])]
  const start = pod.spec.containers.filter((_, place) => verdicts[place]?.start)
  const finished = start.length === 0 && !verdicts.some(({ keep }) => keep)
  // The sidecars live only as long as the containers they serve.
  return finished
    ? { ...base, killPod: true, kill, startInit: [], start }
    : { ...base, kill, startInit: init.start, start }
}

interface Verdict {
  readonly keep?: boolean
  readonly start?: boolean
  readonly kill?: ContainerToKill
}

function verdictOn(pod: PodView, container: ContainerSpec, actual: RuntimePod, probes: ProbeResults): Verdict {
  const last = latest(actual, container.name)
  if (last?.state !== 'running') return verdictOnStopped(pod, container, last)
  const restarts = restartsOnFailure(pod, container)
  if (last.hash !== '' && last.hash !== containerHash(container)) {
    const message = `Container ${container.name} definition changed, will be restarted`
    return { start: true, kill: { container: last, message } }
  }
  const failed = failedProbe(last.id, probes)
  if (!failed) return { keep: true }
  const message = `Container ${container.name} failed ${failed} probe${restarts ? ', will be restarted' : ''}`
  return { start: restarts, kill: { container: last, message, probe: failed } }
}

function verdictOnStopped(pod: PodView, container: ContainerSpec, last: RuntimeContainer | undefined): Verdict {
  if (!wantsRestart(pod, container, last)) return {}
  if (last?.state !== 'unknown') return { start: true }
  const message = `Container is in "unknown" state, try killing it before restart`
  return { start: true, kill: { container: last, message } }
}

/** Which probe, if any, says that a running container has to go. */
export function failedProbe(containerId: string, probes: ProbeResults): 'liveness' | 'startup' | undefined {
  if (probes.liveness(containerId) === 'failure') return 'liveness'
  return probes.startup(containerId) === 'failure' ? 'startup' : undefined
}

/** The order in which a pod's containers are stopped: all ordinary ones together, then sidecars, last started first. */
export function terminationOrder(pod: PodView | undefined, running: readonly RuntimeContainer[]): RuntimeContainer[][] {
  const sidecars = (pod?.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name)
  const ordinary = running.filter(({ name }) => !sidecars.includes(name))
  const last = sidecars.reverse().map((sidecar) => running.filter(({ name }) => name === sidecar))
  return [ordinary, ...last].filter((group) => group.length > 0)
}
