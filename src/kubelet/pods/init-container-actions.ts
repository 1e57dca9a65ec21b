import type { ContainerSpec, PodView } from './pod.ts'
import { isSidecar } from './pod.ts'
import type { ContainerToKill, ProbeResults } from './pod-actions.ts'
import { restartsOnFailure } from './restart-rules.ts'
import type { RuntimeContainer, RuntimePod } from './runtime-pod.ts'
import { latest } from './runtime-pod.ts'

export interface InitPlan {
  /** All init containers have done their work: ordinary containers may start. */
  readonly done: boolean
  /** One failed for good: the pod fails. */
  readonly failed: boolean
  readonly start: readonly ContainerSpec[]
  readonly kill: readonly ContainerToKill[]
}

/** What to do about one init container; `next`: it has done its part, the one after it may start. */
type Step = { start?: boolean; next?: boolean; fail?: boolean; kill?: ContainerToKill }

/**
 * Init containers run one after the other; sidecars among them keep running. The last one that the runtime knows decides
 * how far the pod is (earlier ones may have been removed); before it, and once ordinary containers have been created, only
 * sidecars need care.
 */
export function planInitContainers(
  pod: PodView,
  actual: RuntimePod,
  probes: ProbeResults,
  initializedBefore: boolean,
): InitPlan {
  const containers = pod.spec.initContainers ?? []
  const current = initializedBefore ? containers.length : lastKnown(containers, actual)
  if (containers.length === 0) return { done: true, failed: false, start: [], kill: [] }
  if (current < 0) return { done: false, failed: false, start: containers.slice(0, 1), kill: [] }

  const sidecars = containers.slice(0, current).filter(isSidecar)
  const care = sidecars.map((container) => ({ container, step: careFor(container, actual, probes) }))
  const kill = care.flatMap(({ step }) => step.kill ?? [])
  const start = care.filter(({ step }) => step.start).map(({ container }) => container)
  const container = containers[current]
  if (!container) return { done: true, failed: false, start, kill }

  const step = stepOf(pod, container, latest(actual, container.name) as RuntimeContainer, probes)
  const following = step.next ? containers.slice(current + 1, current + 2) : []
  return {
    done: step.next === true && following.length === 0,
    failed: step.fail === true,
    start: [...start, ...(step.start ? [container] : []), ...following],
    kill: [...kill, ...(step.kill ? [step.kill] : [])],
  }
}

function lastKnown(containers: readonly ContainerSpec[], actual: RuntimePod): number {
  return containers.findLastIndex(({ name }) => latest(actual, name) !== undefined)
}

/** A sidecar whose turn has come before: it has to run. */
function careFor(container: ContainerSpec, actual: RuntimePod, probes: ProbeResults): Step {
  const last = latest(actual, container.name)
  return last ? sidecarStep(container, last, probes) : { start: true }
}

function stepOf(pod: PodView, container: ContainerSpec, last: RuntimeContainer, probes: ProbeResults): Step {
  if (isSidecar(container)) return sidecarStep(container, last, probes)
  switch (last.state) {
    case 'running':
      return {}
    case 'created': // the runtime could not start it
      return { start: true }
    case 'unknown':
      return { start: true, kill: unknownState(last) }
    case 'exited':
      if (last.exitCode === 0) return { next: true }
      return restartsOnFailure(pod) ? { start: true } : { fail: true }
  }
}

function sidecarStep(container: ContainerSpec, last: RuntimeContainer, probes: ProbeResults): Step {
  if (last.state === 'unknown') return { start: true, kill: unknownState(last) }
  if (last.state !== 'running') return { start: true }
  if (container.startupProbe) {
    const startup = probes.startup(last.id)
    if (startup === 'failure') return restartFor(container, last, 'startup')
    if (startup !== 'success') return {}
  }
  if (probes.liveness(last.id) === 'failure') return restartFor(container, last, 'liveness')
  return { next: true }
}

function restartFor({ name }: ContainerSpec, container: RuntimeContainer, probe: 'liveness' | 'startup'): Step {
  return { start: true, kill: { container, message: `Init container ${name} failed ${probe} probe`, probe } }
}

function unknownState(container: RuntimeContainer): ContainerToKill {
  return { container, message: `Init container is in "unknown" state, try killing it before restart` }
}
