import type { ContainerState, ContainerStatus } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { StartFailure } from './container-starter.ts'
import type { ContainerSpec, ContainerStatusView, PodView } from './pod.ts'
import { isSidecar } from './pod.ts'
import { wantsRestart } from './restart-rules.ts'
import type { RuntimeContainer, RuntimePod } from './runtime-pod.ts'

/** What the statuses of containers are made from, besides the pod and the runtime's state. */
export interface StatusFacts {
  /** Why the last try to start a container failed. */
  failure(container: string): StartFailure | undefined
  /** What an ended container said of its end, by its id. */
  message(containerId: string): string
  isStarted(container: ContainerSpec, containerId: string): boolean
  isReady(container: ContainerSpec, containerId: string): boolean
}

const RUNTIME_PREFIX = 'containerd://'
const LOST = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
} as const

/** The API's statuses of init containers or of ordinary ones, in the order of the specification. */
export function containerStatuses(
  pod: PodView,
  containers: readonly ContainerSpec[],
  previous: readonly ContainerStatusView[] | undefined,
  actual: RuntimePod,
  facts: StatusFacts,
): ContainerStatus[] {
  return containers.map((container) => {
    const attempts = actual.containers.filter(({ name }) => name === container.name)
    const old = previous?.find(({ name }) => name === container.name)
    const status = attempts[0]
      ? statusFromRuntime(container, attempts, old, facts)
      : statusWithoutRuntime(pod, container, old)
    return withProbes(container, withFailure(pod, container, attempts[0], status, facts), attempts[0], facts)
  })
}

function statusFromRuntime(
  container: ContainerSpec,
  attempts: readonly RuntimeContainer[],
  old: ContainerStatusView | undefined,
  facts: StatusFacts,
): ContainerStatus {
  const [current, before] = attempts as [RuntimeContainer, RuntimeContainer?]
  const same = old?.containerID === RUNTIME_PREFIX + current.id
  const lastState = before ? stateOf(before, facts) : lastStateFrom(old, same)
  return {
    ...specPart(container),
    image: current.image || (container.image ?? ''),
    imageID: current.imageRef,
    containerID: RUNTIME_PREFIX + current.id,
    restartCount: current.restartCount,
    state: stateOf(current, facts),
    lastState: lastState.terminated ? lastState : {},
    ...(current.user?.linux && {
      user: { linux: { ...current.user.linux, supplementalGroups: [...current.user.linux.supplementalGroups] } },
    }),
  }
}

/** The attempt before may have been removed from the runtime: then the API still knows how it ended. */
function lastStateFrom(old: ContainerStatusView | undefined, same: boolean): ContainerState {
  if (!old) return {}
  return editable((same ? old.lastState : old.state?.terminated ? old.state : old.lastState) ?? {}) as ContainerState
}

function stateOf(container: RuntimeContainer, facts: StatusFacts): ContainerState {
  switch (container.state) {
    case 'running':
      return { running: { startedAt: timestamp(container.startedAt) } }
    case 'exited':
      return { terminated: terminated(container, facts.message(container.id)) }
    case 'created':
      return { waiting: {} }
    case 'unknown':
      return {
        terminated: { ...LOST, message: 'The container could not be located when the pod was terminated' },
      }
  }
}

function terminated(container: RuntimeContainer, message: string): NonNullable<ContainerState['terminated']> {
  const { exitCode, reason, startedAt, finishedAt, id } = container
  return {
    exitCode,
    ...(reason !== '' && { reason }),
    ...(message !== '' && { message }),
    startedAt: timestamp(startedAt),
    finishedAt: timestamp(finishedAt),
    containerID: RUNTIME_PREFIX + id,
  }
}

function statusWithoutRuntime(
  pod: PodView,
  container: ContainerSpec,
  old: ContainerStatusView | undefined,
): ContainerStatus {
  const status = waitingStatus(pod, container)
  if (!old) return status
  const kept = { ...status, restartCount: old.restartCount, image: old.image || status.image, imageID: old.imageID }
  const identified = old.containerID === undefined ? kept : { ...kept, containerID: old.containerID }
  if (old.state?.terminated)
    return { ...identified, state: editable(old.state) as ContainerState, lastState: lastOf(old) }
  if (!old.state?.running) return { ...kept, lastState: lastOf(old) }
  const message = 'The container could not be located when the pod was deleted.  The container used to be Running'
  return { ...kept, restartCount: old.restartCount + 1, lastState: { terminated: { ...LOST, message } } }
}

const lastOf = (old: ContainerStatusView): ContainerState => editable(old.lastState ?? {}) as ContainerState

function waitingStatus({ spec }: PodView, container: ContainerSpec): ContainerStatus {
  const reason = spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating'
  return {
    ...specPart(container),
    image: container.image ?? '',
    imageID: '',
    restartCount: 0,
    state: { waiting: { reason } },
    lastState: {},
  }
}

/** What the status repeats of the specification. */
function specPart(
  container: ContainerSpec,
): Pick<ContainerStatus, 'name' | 'ready' | 'resources'> & Partial<ContainerStatus> {
  const requests = container.resources?.requests
  return {
    name: container.name,
    ready: false,
    ...(requests && { allocatedResources: { ...requests } }),
    resources: editable(container.resources ?? {}) as NonNullable<ContainerStatus['resources']>,
    ...(container.volumeMounts?.length && { volumeMounts: container.volumeMounts.map(mountStatus) }),
  }
}

function mountStatus({
  name,
  mountPath,
  readOnly,
  recursiveReadOnly,
}: NonNullable<ContainerSpec['volumeMounts']>[number]) {
  if (!readOnly) return { name, mountPath }
  return {
    name,
    mountPath,
    readOnly,
    recursiveReadOnly: recursiveReadOnly === 'Enabled' ? 'Enabled' : 'Disabled',
  } as const
}

/** A container that is to be started again waits, for what its last start failed of. */
function withFailure(
  pod: PodView,
  container: ContainerSpec,
  current: RuntimeContainer | undefined,
  status: ContainerStatus,
  facts: StatusFacts,
): ContainerStatus {
  const failure = facts.failure(container.name)
  if (!failure || !wantsRestart(pod, container, current)) return status
  const isFinishedInit = current?.state === 'exited' && current.exitCode === 0 && isInit(pod, container)
  if (isFinishedInit && !isSidecar(container)) return status
  const lastState = status.state?.terminated ? status.state : status.lastState
  const { reason, message } = failure
  return { ...status, state: { waiting: { reason, message } }, ...(lastState && { lastState }) }
}

const isInit = ({ spec }: PodView, { name }: ContainerSpec): boolean =>
  spec.initContainers?.some((container) => container.name === name) ?? false

function withProbes(
  container: ContainerSpec,
  status: ContainerStatus,
  current: RuntimeContainer | undefined,
  facts: StatusFacts,
): ContainerStatus {
  const running = status.state?.running !== undefined && current !== undefined
  const started = running && facts.isStarted(container, current.id)
  return { ...status, started, ready: started && facts.isReady(container, current.id) }
}
