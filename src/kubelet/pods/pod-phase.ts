import type { PodStatus } from '../../api/types/core.v1.ts'
import type { ContainerSpec, ContainerStatusView, PodView } from './pod.ts'
import { isSidecar } from './pod.ts'

type Phase = NonNullable<PodStatus['phase']>

/** Counts of containers by what they are doing. */
interface Tally {
  pending: number
  unknown: number
  running: number
  stopped: number
  succeeded: number
  failed: number
}

const empty = (): Tally => ({ pending: 0, unknown: 0, running: 0, stopped: 0, succeeded: 0, failed: 0 })

/**
 * The pod's phase from its containers: Pending until one ordinary container has run, Running until all have ended for good,
 * then Succeeded or Failed. `terminating`: the kubelet has stopped the pod, so that nothing will be started again.
 */
export function podPhase(pod: PodView, statuses: readonly ContainerStatusView[], terminating: boolean): Phase {
  const find = ({ name }: ContainerSpec) => statuses.find((status) => status.name === name)
  const init = tallyInit(pod, find)
  const all = empty()
  for (const container of pod.spec.containers) count(all, find(container))
  if (init.failed > 0 && pod.spec.restartPolicy === 'Never') return 'Failed'
  if (init.pending > 0 && !terminating) return 'Pending'
  if (all.pending > 0 && !terminating) return 'Pending'
  if (all.pending > 0 && terminating && all.running === 0) return 'Failed'
  if (all.running > 0 && all.unknown === 0) return 'Running'
  if (all.running === 0 && all.stopped > 0 && all.unknown === 0) return ended(pod, all, terminating)
  return 'Pending'
}

function ended({ spec }: PodView, { stopped, succeeded }: Tally, terminating: boolean): Phase {
  if (terminating) return stopped === succeeded ? 'Succeeded' : 'Failed'
  if (spec.restartPolicy === 'Always') return 'Running' // all are in the process of restarting
  if (stopped === succeeded) return 'Succeeded'
  return spec.restartPolicy === 'Never' ? 'Failed' : 'Running'
}

/** Of init containers: which fail the pod, and which it still waits for. */
function tallyInit({ spec }: PodView, find: (container: ContainerSpec) => ContainerStatusView | undefined): Tally {
  const tally = empty()
  for (const container of spec.initContainers ?? []) {
    const status = find(container)
    const ended = status?.state?.terminated ?? status?.lastState?.terminated
    if (isSidecar(container)) {
      if (!status?.started && !hasStartedRegular(spec.containers, find)) tally.pending++
    } else if (status?.state?.terminated) {
      if (status.state.terminated.exitCode !== 0) tally.failed++
    } else if (status?.state?.waiting && ended) {
      if (ended.exitCode !== 0) tally.failed++
    } else {
      tally.pending++
    }
  }
  // A failed init container that is tried again keeps the pod pending.
  if (tally.failed > 0 && spec.restartPolicy !== 'Never') tally.pending += tally.failed
  return tally
}

function hasStartedRegular(
  containers: readonly ContainerSpec[],
  find: (container: ContainerSpec) => ContainerStatusView | undefined,
): boolean {
  return containers.some((container) => {
    const status = find(container)
    return status?.started === true || status?.state?.running !== undefined || status?.state?.terminated !== undefined
  })
}

function count(tally: Tally, status: ContainerStatusView | undefined): void {
  const { state, lastState } = status ?? {}
  if (!state) tally.unknown++
  else if (state.running) tally.running++
  else if (state.terminated) stop(tally, state.terminated.exitCode)
  else if (state.waiting && lastState?.terminated) stop(tally, undefined)
  else tally.pending++
}

function stop(tally: Tally, exitCode: number | undefined): void {
  tally.stopped++
  if (exitCode === 0) tally.succeeded++
  else if (exitCode !== undefined) tally.failed++
}
