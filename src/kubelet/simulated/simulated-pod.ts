import { exponentialDelay } from '../../client/backoff.ts'
import { goDuration } from '../pods/back-off.ts'
import { containerHash } from '../pods/container-labels.ts'
import type { StartFailure } from '../pods/container-starter.ts'
import type { ContainerSpec, PodView } from '../pods/pod.ts'
import { allContainers, findContainer, isSidecar, podTitle } from '../pods/pod.ts'
import { planPod } from '../pods/pod-actions.ts'
import type { RuntimeContainer, RuntimePod } from '../pods/runtime-pod.ts'
import { latest } from '../pods/runtime-pod.ts'
import type { Behaviour } from './behaviour.ts'

/** What a real node's container runtime would hold of a pod, and why containers wait. */
export interface SimulatedPod {
  readonly actual: RuntimePod
  readonly failures: ReadonlyMap<string, StartFailure>
}

export interface StepInput {
  readonly pod: PodView
  readonly state: SimulatedPod
  readonly behaviour: Behaviour
  /** When the node first saw the pod; ms since the epoch, as all times here. */
  readonly seenAt: number
  /** For the pod's sandbox; undefined: the node has no addresses to give yet, so the pod waits. */
  readonly ips: readonly string[] | undefined
  readonly now: number
}

export interface StepResult {
  readonly state: SimulatedPod
  /** When something changes next by itself; Infinity: not before the pod is changed. */
  readonly nextAt: number
  /** A pod that is being deleted has ended: its object can go. */
  readonly ended: boolean
}

const INIT_MS = 100
const FIRST_BACK_OFF_MS = 10_000
const MAX_BACK_OFF_MS = 300_000
/** A container that ran this long starts over with no delay. */
const CALM_MS = 2 * MAX_BACK_OFF_MS
const NO_PROBES = { liveness: () => undefined, startup: () => undefined }

export function newSimulatedPod({ metadata: { uid, name, namespace = '' } }: PodView): SimulatedPod {
  return { actual: { uid, name, namespace, sandboxes: [], containers: [] }, failures: new Map() }
}

/**
 * Moves a pod on to `now`. Pure. What is started, and in which order, is the real kubelet's plan (`planPod`); only the
 * runtime below it is imagined.
 */
export function stepPod(input: StepInput): StepResult {
  const { pod, state } = input
  if (pod.metadata.deletionTimestamp) return stepDeletion(input, pod.metadata.deletionTimestamp)
  const actual = endDue(input, state.actual)
  const { actual: next, failures } = settlePod(input, actual)
  return { state: { actual: next, failures }, nextAt: nextChange(input, next, failures), ended: false }
}

function stepDeletion({ pod, state, behaviour, now }: StepInput, deletionTimestamp: string): StepResult {
  const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000
  const killed = behaviour.stopMs > graceMs
  const stopAt = Date.parse(deletionTimestamp) - graceMs + Math.min(behaviour.stopMs, graceMs)
  const isRunning = state.actual.containers.some((container) => container.state === 'running')
  if (isRunning && now < stopAt) return { state, nextAt: stopAt, ended: false }
  const actual = stopAll(state.actual, killed ? 137 : 0, now)
  return { state: { ...state, actual }, nextAt: Number.POSITIVE_INFINITY, ended: true }
}

/** Stops every container and the sandbox. */
export function stopAll(actual: RuntimePod, exitCode: number, now: number): RuntimePod {
  return {
    ...actual,
    sandboxes: actual.sandboxes.map((sandbox) => ({ ...sandbox, ready: false })),
    containers: actual.containers.map((container) =>
      container.state === 'running' ? exited(container, exitCode, now) : container,
    ),
  }
}

function exited(container: RuntimeContainer, exitCode: number, finishedAt: number): RuntimeContainer {
  return { ...container, state: 'exited', exitCode, finishedAt, reason: exitCode === 0 ? 'Completed' : 'Error' }
}

function endDue({ pod, behaviour, now }: StepInput, actual: RuntimePod): RuntimePod {
  const containers = actual.containers.map((container) => {
    const due = exitAt(pod, behaviour, container)
    return due <= now ? exited(container, isInit(pod, container.name) ? 0 : behaviour.exitCode, due) : container
  })
  return { ...actual, containers }
}

function exitAt(pod: PodView, { runMs }: Behaviour, { name, state, startedAt }: RuntimeContainer): number {
  if (state !== 'running') return Number.POSITIVE_INFINITY
  if (isInit(pod, name)) return startedAt + INIT_MS
  return isSidecarOf(pod, name) ? Number.POSITIVE_INFINITY : startedAt + runMs
}

const isInit = ({ spec }: PodView, name: string): boolean =>
  spec.initContainers?.some((container) => container.name === name && !isSidecar(container)) ?? false

const isSidecarOf = ({ spec }: PodView, name: string): boolean =>
  spec.initContainers?.some((container) => container.name === name && isSidecar(container)) ?? false

/** Carries out plans until one leaves nothing to do now. */
function settlePod(input: StepInput, from: RuntimePod): SimulatedPod {
  const { pod, behaviour, seenAt, ips, now } = input
  const failures = new Map<string, StartFailure>()
  let actual = from
  for (let round = 0; round <= allContainers(pod).length + 1; round++) {
    const plan = planPod(pod, actual, NO_PROBES)
    if (plan.createSandbox) {
      if (ips === undefined || now < seenAt + behaviour.startMs) break
      actual = withSandbox(pod, actual, plan.attempt, ips, now)
      continue
    }
    if (plan.killPod) {
      actual = stopAll(actual, 0, now)
      break
    }
    const wanted = [...plan.startInit, ...plan.start].filter(({ name }) => !failures.has(name))
    if (wanted.length === 0) break
    for (const container of wanted) {
      const failure = whyNot(input, container, latest(actual, container.name))
      if (failure) failures.set(container.name, failure)
      else actual = withStarted(actual, container, now)
    }
  }
  return { actual, failures }
}

function withSandbox(
  pod: PodView,
  actual: RuntimePod,
  attempt: number,
  ips: readonly string[],
  now: number,
): RuntimePod {
  const hostNetwork = pod.spec.hostNetwork === true
  const id = `${pod.metadata.uid}-sandbox-${attempt}`
  const sandbox = { id, ready: true, createdAt: now, attempt, ips: hostNetwork ? [] : ips, hostNetwork }
  return { ...stopAll(actual, 137, now), sandboxes: [sandbox] }
}

/** Starts a container; of its earlier attempts the last is kept, for the status's lastState. */
function withStarted(actual: RuntimePod, container: ContainerSpec, now: number): RuntimePod {
  const last = latest(actual, container.name)
  const restartCount = last ? last.restartCount + 1 : 0
  const others = actual.containers.filter((one) => one.name !== container.name)
  const started = runningContainer(actual.uid, container, restartCount, now)
  return { ...actual, containers: [started, ...(last ? [last] : []), ...others] }
}

export function runningContainer(
  uid: string,
  container: ContainerSpec,
  restartCount: number,
  startedAt: number,
): RuntimeContainer {
  const { name, image = '' } = container
  return {
    id: `${uid}-${name}-${restartCount}`,
    name,
    state: 'running',
    createdAt: startedAt,
    startedAt,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    image,
    imageRef: image,
    hash: containerHash(container),
    restartCount,
    logPath: '',
    terminationMessageFile: '',
    terminationMessagePolicy: '',
    preStopHandler: undefined,
    graceSeconds: undefined,
    user: null,
  }
}

/** Why a container cannot be started now; undefined when it can. */
function whyNot(
  { pod, behaviour, now }: StepInput,
  container: ContainerSpec,
  last: RuntimeContainer | undefined,
): StartFailure | undefined {
  if (behaviour.imageMissing) {
    return { reason: 'ImagePullBackOff', message: `Back-off pulling image "${container.image}"` }
  }
  if (last?.state !== 'exited' || last.restartCount === 0) return undefined // the first restart comes at once
  if (last.finishedAt - last.startedAt > CALM_MS) return undefined
  const delayMs = exponentialDelay(last.restartCount - 1, FIRST_BACK_OFF_MS, MAX_BACK_OFF_MS)
  const retryAt = last.finishedAt + delayMs
  if (now >= retryAt) return undefined
  const message = `back-off ${goDuration(delayMs)} restarting failed container=${container.name} pod=${podTitle(pod)}`
  return { reason: 'CrashLoopBackOff', message, retryAt }
}

function nextChange(
  { pod, behaviour, seenAt, ips, now }: StepInput,
  actual: RuntimePod,
  failures: SimulatedPod['failures'],
): number {
  const start = actual.sandboxes.length === 0 && ips !== undefined ? [seenAt + behaviour.startMs] : []
  const exits = actual.containers.map((container) => exitAt(pod, behaviour, container))
  const ready = actual.containers.filter(({ state }) => state === 'running').map(({ startedAt }) => startedAt)
  const retries = Array.from(failures.values(), ({ retryAt }) => retryAt ?? Number.POSITIVE_INFINITY)
  const times = [...start, ...exits, ...ready.map((at) => at + behaviour.readyMs), ...retries]
  return Math.min(Number.POSITIVE_INFINITY, ...times.filter((time) => time > now))
}

/** Whether a container has run long enough to be ready; sidecars and init containers are at once. */
export function isReadyAt(pod: PodView, { readyMs }: Behaviour, container: RuntimeContainer, now: number): boolean {
  const ordinary = pod.spec.containers.some(({ name }) => name === container.name)
  return container.state === 'running' && (!ordinary || now >= container.startedAt + readyMs)
}

/** What a restarted process knows of a pod that ran before: the state that the pod's own status tells of. */
export function adoptedPod(pod: PodView): SimulatedPod {
  const fresh = newSimulatedPod(pod)
  const { podIPs = [], containerStatuses = [], initContainerStatuses = [], startTime } = pod.status ?? {}
  const containers = [...initContainerStatuses, ...containerStatuses].flatMap(
    ({ name, state, lastState, restartCount }) => {
      const spec = findContainer(pod, name)
      if (!spec) return []
      const ran = state?.terminated ?? (state?.running ? undefined : lastState?.terminated)
      const startedAt = Date.parse(state?.running?.startedAt ?? ran?.startedAt ?? '')
      if (Number.isNaN(startedAt)) return []
      const container = runningContainer(pod.metadata.uid, spec, restartCount, startedAt)
      return [ran ? exited(container, ran.exitCode, Date.parse(ran.finishedAt ?? '')) : container]
    },
  )
  if (containers.length === 0) return fresh
  const sandbox = {
    id: `${pod.metadata.uid}-sandbox-0`,
    ready: pod.status?.phase === 'Running' || pod.status?.phase === 'Pending',
    createdAt: Date.parse(startTime ?? ''),
    attempt: 0,
    ips: pod.spec.hostNetwork ? [] : podIPs.flatMap(({ ip }) => ip ?? []),
    hostNetwork: pod.spec.hostNetwork === true,
  }
  return { ...fresh, actual: { ...fresh.actual, sandboxes: [sandbox], containers } }
}
