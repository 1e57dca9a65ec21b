import type { ContainerStatus } from '../../api/types/core.v1.ts'

/** How containers end that nobody saw end. */
const UNKNOWN_END = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
} as const

/** Of all containers of a pod that has been stopped, in the order of the specification. */
export interface FinalStatuses {
  readonly init: readonly ContainerStatus[]
  readonly ordinary: readonly ContainerStatus[]
}

/**
 * Every container of a pod that has been stopped for good has ended: those without a known end get an unknown one, except
 * those whose turn never came because init containers before them did not finish (upstream: TerminatePod).
 */
export function withUnknownEnds({ init, ordinary }: FinalStatuses): FinalStatuses {
  const begun = begunCount(init)
  return {
    init: init.map((status, place) => (place < begun ? ended(status) : status)),
    ordinary: isInitialized(init, ordinary) ? ordinary.map(ended) : ordinary,
  }
}

const ended = (status: ContainerStatus): ContainerStatus =>
  status.state?.terminated ? status : { ...status, ready: false, started: false, state: { terminated: UNKNOWN_END } }

/** Init containers run in order: all up to the last that shows a sign of life, and in any case the first. */
function begunCount(init: readonly ContainerStatus[]): number {
  const last = init.findLastIndex(({ state, lastState }) => !state?.waiting || lastState?.terminated)
  return Math.max(1, last + 1)
}

function isInitialized(init: readonly ContainerStatus[], ordinary: readonly ContainerStatus[]): boolean {
  const final = init.at(-1)
  if (!final) return true
  if (ordinary.some(({ state, lastState }) => lastState?.terminated || state?.running || state?.terminated)) return true
  return final.state?.terminated?.exitCode === 0 || final.lastState?.terminated?.exitCode === 0
}
