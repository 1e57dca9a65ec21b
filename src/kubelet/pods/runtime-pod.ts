import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { isGone } from '../cri/container-runtime.ts'
import type { ContainerStatus, PodSandbox } from '../cri/messages.ts'
import { Annotation, Label } from './container-labels.ts'

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown'

/** One attempt of a container as the runtime has it. Times are ms since the epoch, 0 when it has not happened. */
export interface RuntimeContainer {
  readonly id: string
  readonly name: string
  readonly state: ContainerState
  readonly createdAt: number
  readonly startedAt: number
  readonly finishedAt: number
  readonly exitCode: number
  /** The runtime's: Completed, Error, OOMKilled, StartError… */
  readonly reason: string
  readonly message: string
  readonly image: string
  /** The digest reference where there is one, else the image's id. */
  readonly imageRef: string
  readonly hash: string
  readonly restartCount: number
  readonly logPath: string
  readonly terminationMessageFile: string
  readonly terminationMessagePolicy: string
  readonly preStopHandler: string | undefined
  readonly graceSeconds: number | undefined
  readonly user: ContainerStatus['user']
}

export interface RuntimeSandbox {
  readonly id: string
  readonly ready: boolean
  readonly createdAt: number
  readonly attempt: number
  /** Empty with the host's network, and for all but the newest ready sandbox. */
  readonly ips: readonly string[]
  readonly hostNetwork: boolean
}

/** What the runtime has of a pod. */
export interface RuntimePod {
  readonly uid: string
  readonly name: string
  readonly namespace: string
  /** Newest first. */
  readonly sandboxes: readonly RuntimeSandbox[]
  /** All attempts of all containers, newest first. */
  readonly containers: readonly RuntimeContainer[]
}

/** The newest attempt of a container. */
export function latest({ containers }: RuntimePod, name: string): RuntimeContainer | undefined {
  return containers.find((container) => container.name === name)
}

const STATES = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
} as const

const toMs = (nanoseconds: number): number => nanoseconds / 1e6

/** Asks the runtime for one pod. The ends of containers never change, so they are asked for once and remembered. */
export class RuntimePodReader {
  readonly #runtime: ContainerRuntime
  readonly #ended = new Map<string, RuntimeContainer>() // by container id; pruned to those that the runtime lists

  constructor(runtime: ContainerRuntime) {
    this.#runtime = runtime
  }

  async read(pod: { uid: string; name: string; namespace: string }, signal: AbortSignal): Promise<RuntimePod> {
    const labelSelector = { [Label.PodUid]: pod.uid }
    const [sandboxes, containers] = await Promise.all([
      this.#runtime.listPodSandboxes({ labelSelector }, signal),
      this.#runtime.listContainers({ labelSelector }, signal),
    ])
    const [sandboxList, containerList] = await Promise.all([
      this.#sandboxes(sandboxes, signal),
      Promise.all(containers.map(({ id }) => this.#container(id, signal))),
    ])
    const present = containerList.filter((container) => container !== undefined)
    return { ...pod, sandboxes: sandboxList, containers: present.sort((a, b) => b.createdAt - a.createdAt) }
  }

  /** Forgets what was remembered of a container that has been removed. */
  forget(id: string): void {
    this.#ended.delete(id)
  }

  async #sandboxes(sandboxes: readonly PodSandbox[], signal: AbortSignal): Promise<RuntimeSandbox[]> {
    const sorted = [...sandboxes].sort((a, b) => b.createdAt - a.createdAt)
    const [newest, ...older] = sorted
    if (!newest) return []
    return [await this.#newestSandbox(newest, signal), ...older.map((sandbox) => withoutNetwork(sandbox))]
  }

  async #newestSandbox(sandbox: PodSandbox, signal: AbortSignal): Promise<RuntimeSandbox> {
    try {
      const { network, linux, state } = await this.#runtime.podSandboxStatus(sandbox.id, signal)
      const ips = network?.ip ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : []
      const hostNetwork = linux?.namespaces?.options?.network === 'NODE'
      return { ...withoutNetwork(sandbox), ready: state === 'SANDBOX_READY', ips, hostNetwork }
    } catch (error) {
      if (isGone(error)) return { ...withoutNetwork(sandbox), ready: false }
      throw error
    }
  }

  async #container(id: string, signal: AbortSignal): Promise<RuntimeContainer | undefined> {
    const known = this.#ended.get(id)
    if (known) return known
    try {
      const container = runtimeContainer(await this.#runtime.containerStatus(id, signal))
      if (container.state === 'exited') this.#ended.set(id, container)
      return container
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }
}

function withoutNetwork({ id, state, createdAt, metadata }: PodSandbox): RuntimeSandbox {
  const ready = state === 'SANDBOX_READY'
  return { id, ready, createdAt: toMs(createdAt), attempt: metadata.attempt, ips: [], hostNetwork: false }
}

function runtimeContainer(status: ContainerStatus): RuntimeContainer {
  const { annotations, labels } = status
  const grace = annotations[Annotation.PodTerminationGracePeriod]
  return {
    id: status.id,
    name: labels[Label.ContainerName] ?? status.metadata.name,
    state: STATES[status.state],
    createdAt: toMs(status.createdAt),
    startedAt: toMs(status.startedAt),
    finishedAt: toMs(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    image: status.image?.userSpecifiedImage || status.image?.image || '',
    imageRef: status.imageRef,
    hash: annotations[Annotation.Hash] ?? '',
    restartCount: Number(annotations[Annotation.RestartCount] ?? 0),
    logPath: status.logPath,
    terminationMessageFile: annotations[Annotation.TerminationMessageFile] ?? '',
    terminationMessagePolicy: annotations[Annotation.TerminationMessagePolicy] ?? '',
    preStopHandler: annotations[Annotation.PreStopHandler],
    graceSeconds: grace === undefined ? undefined : Number(grace),
    user: status.user,
  }
}
