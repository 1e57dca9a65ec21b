import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { ContainerState, ContainerStatus, Pod, PodStatus } from '../../../types/core.v1.ts'

type ReadonlyPod = DeepReadonly<Pod>
type Status = DeepReadonly<ContainerStatus>

/** A pod in a line, as `kubectl get pods` shows it. */
export interface PodSummary {
  readonly ready: number
  readonly total: number
  /** The phase, or what says more: `CrashLoopBackOff`, `Init:1/2`, `Completed`, `Terminating`. */
  readonly status: string
  readonly restarts: number
  /** When a container that was restarted had ended last; RFC 3339. */
  readonly lastRestart: string | undefined
}

interface Tally {
  ready: number
  status: string
  restarts: number
  lastRestart: string | undefined
}

let latest: { readonly pod: ReadonlyPod; readonly summary: PodSummary } | undefined

/** Cells of one row ask for the same pod one after the other: the last answer is kept. */
export function summarise(pod: ReadonlyPod): PodSummary {
  if (latest?.pod !== pod) latest = { pod, summary: compute(pod) }
  return latest.summary
}

function compute(pod: ReadonlyPod): PodSummary {
  const sidecars = new Set(
    pod.spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  )
  const init = afterInit(pod, sidecars)
  const tally = !init.initializing || isTrue(pod.status, 'Initialized') ? afterStart(pod, init, sidecars) : init
  return { ...tally, total: pod.spec.containers.length + sidecars.size, status: finalStatus(pod, tally.status) }
}

function finalStatus({ metadata, status }: ReadonlyPod, current: string): string {
  if (!metadata.deletionTimestamp) return current
  if (status.reason === 'NodeLost') return 'Unknown'
  return status.phase === 'Succeeded' || status.phase === 'Failed' ? current : 'Terminating'
}

function baseStatus({ status: { conditions = [], reason, phase } }: ReadonlyPod): string {
  const gated = conditions.some(({ type, reason: why }) => type === 'PodScheduled' && why === 'SchedulingGated')
  return gated ? 'SchedulingGated' : reason || (phase ?? '')
}

/** Init containers up to the first that is not through; sidecars that have started count as through. */
function afterInit(pod: ReadonlyPod, sidecars: ReadonlySet<string>): Tally & { initializing: boolean } {
  const tally = {
    ready: 0,
    status: baseStatus(pod),
    restarts: 0,
    lastRestart: undefined,
    initializing: false,
  } as Tally & {
    initializing: boolean
  }
  for (const [index, container] of (pod.status.initContainerStatuses ?? []).entries()) {
    countRestarts(tally, container)
    if (container.state?.terminated?.exitCode === 0) continue
    if (sidecars.has(container.name) && container.started) {
      if (container.ready) tally.ready++
      continue
    }
    tally.status = initStatus(container.state, index, pod.spec.initContainers?.length ?? 0)
    tally.initializing = true
    break
  }
  return tally
}

function initStatus(state: DeepReadonly<ContainerState> | undefined, index: number, count: number): string {
  if (state?.terminated) return `Init:${endOf(state.terminated)}`
  const waiting = state?.waiting?.reason
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${count}`
}

type End = NonNullable<DeepReadonly<ContainerState>['terminated']>

const endOf = ({ reason, signal, exitCode }: End): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)

/** The regular containers, from the last to the first: the first one's trouble is shown. */
function afterStart(pod: ReadonlyPod, init: Tally, sidecars: ReadonlySet<string>): Tally {
  const tally: Tally = { ...init, restarts: 0, lastRestart: undefined }
  for (const container of pod.status.initContainerStatuses ?? []) {
    if (sidecars.has(container.name)) countRestarts(tally, container)
  }
  let running = false
  for (const container of [...(pod.status.containerStatuses ?? [])].reverse()) {
    countRestarts(tally, container)
    const { state = {}, ready } = container
    if (state.waiting?.reason) tally.status = state.waiting.reason
    else if (state.terminated) tally.status = endOf(state.terminated)
    else if (ready && state.running) {
      running = true
      tally.ready++
    }
  }
  if (tally.status === 'Completed' && running) tally.status = isTrue(pod.status, 'Ready') ? 'Running' : 'NotReady'
  return tally
}

function countRestarts(tally: Tally, { restartCount, lastState }: Status): void {
  tally.restarts += restartCount
  const ended = lastState?.terminated?.finishedAt
  if (ended && (!tally.lastRestart || ended > tally.lastRestart)) tally.lastRestart = ended
}

function isTrue({ conditions = [] }: DeepReadonly<PodStatus>, type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === 'True')
}
