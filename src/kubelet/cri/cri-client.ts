import type { ServiceError } from '@grpc/grpc-js'
import type { ContainerEvent, ContainerRuntime } from './container-runtime.ts'
import { RuntimeCode, RuntimeError } from './container-runtime.ts'
import type { GrpcChannel } from './grpc-channel.ts'
import { openChannel } from './grpc-channel.ts'
import type {
  AttachRequest,
  AuthConfig,
  Container,
  ContainerConfig,
  ContainerFilter,
  ContainerStats,
  ContainerStatus,
  ExecRequest,
  ExecResult,
  FilesystemUsage,
  Image,
  ImageSpec,
  Labels,
  LinuxContainerResources,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxStats,
  PodSandboxStatus,
  RuntimeState,
  RuntimeVersion,
  SandboxFilter,
} from './messages.ts'

const PROTO = new URL('./cri.proto', import.meta.url)
/** Upstream's `--runtime-request-timeout`. */
const CALL_MS = 2 * 60_000
/** How much longer than its own time limit a call may take. */
const SLACK_MS = 2 * 60_000
const NO_LIMIT = Number.POSITIVE_INFINITY

const EVENT_KIND = {
  CONTAINER_CREATED_EVENT: 'created',
  CONTAINER_STARTED_EVENT: 'started',
  CONTAINER_STOPPED_EVENT: 'stopped',
  CONTAINER_DELETED_EVENT: 'deleted',
} as const

interface EventMessage {
  readonly containerId: string
  readonly containerEventType: keyof typeof EVENT_KIND
  readonly podSandboxStatus: PodSandboxStatus | null
}

/** The CRI v1 client over a unix socket. gRPC is loaded by the first call; a lost connection is made again by the next. */
export class CriClient implements ContainerRuntime {
  readonly #socketPath: string
  #runtimeChannel: Promise<GrpcChannel> | undefined
  #imageChannel: Promise<GrpcChannel> | undefined

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const channels = await Promise.all([this.#runtimeChannel, this.#imageChannel])
    for (const channel of channels) channel?.close()
  }

  version(signal: AbortSignal): Promise<RuntimeVersion> {
    return this.#runtime('Version', { version: 'v1' }, signal)
  }

  status(signal: AbortSignal): Promise<RuntimeState> {
    return this.#runtime('Status', { verbose: false }, signal)
  }

  async cgroupDriver(signal: AbortSignal): Promise<'cgroupfs' | 'systemd' | undefined> {
    type Answer = { linux: { cgroupDriver: 'SYSTEMD' | 'CGROUPFS' } | null }
    try {
      const { linux } = await this.#runtime<Answer>('RuntimeConfig', {}, signal)
      return linux ? (linux.cgroupDriver === 'SYSTEMD' ? 'systemd' : 'cgroupfs') : undefined
    } catch (error) {
      if (error instanceof RuntimeError && error.code === RuntimeCode.Unimplemented) return undefined
      throw error
    }
  }

  async *events(signal: AbortSignal): AsyncIterable<ContainerEvent> {
    const channel = await this.#runtimeService()
    try {
      for await (const message of channel.stream<EventMessage>('GetContainerEvents', {}, signal)) {
        const podUid = message.podSandboxStatus?.metadata.uid
        const kind = EVENT_KIND[message.containerEventType]
        yield { containerId: message.containerId, kind, ...(podUid !== undefined && { podUid }) }
      }
    } catch (error) {
      throw asRuntimeError('GetContainerEvents', error)
    }
  }

  async runPodSandbox(config: PodSandboxConfig, runtimeHandler: string, signal: AbortSignal): Promise<string> {
    // Sandbox creation pulls the sandbox image and sets up the network: upstream gives it twice the usual time.
    const answer = await this.#runtime<{ podSandboxId: string }>(
      'RunPodSandbox',
      { config, runtimeHandler },
      signal,
      2 * CALL_MS,
    )
    return answer.podSandboxId
  }

  async stopPodSandbox(podSandboxId: string, signal: AbortSignal): Promise<void> {
    await this.#ifThere('StopPodSandbox', { podSandboxId }, signal)
  }

  async removePodSandbox(podSandboxId: string, signal: AbortSignal): Promise<void> {
    await this.#ifThere('RemovePodSandbox', { podSandboxId }, signal)
  }

  async podSandboxStatus(podSandboxId: string, signal: AbortSignal): Promise<PodSandboxStatus> {
    const answer = await this.#runtime<{ status: PodSandboxStatus }>('PodSandboxStatus', { podSandboxId }, signal)
    return answer.status
  }

  async listPodSandboxes(filter: SandboxFilter, signal: AbortSignal): Promise<readonly PodSandbox[]> {
    return (await this.#runtime<{ items: PodSandbox[] }>('ListPodSandbox', { filter }, signal)).items
  }

  async listPodSandboxStats(labelSelector: Labels, signal: AbortSignal): Promise<readonly PodSandboxStats[]> {
    const request = { filter: { labelSelector } }
    return (await this.#runtime<{ stats: PodSandboxStats[] }>('ListPodSandboxStats', request, signal)).stats
  }

  async portForward(podSandboxId: string, port: readonly number[], signal: AbortSignal): Promise<string> {
    return (await this.#runtime<{ url: string }>('PortForward', { podSandboxId, port }, signal)).url
  }

  async createContainer(
    podSandboxId: string,
    config: ContainerConfig,
    sandboxConfig: PodSandboxConfig,
    signal: AbortSignal,
  ): Promise<string> {
    const request = { podSandboxId, config, sandboxConfig }
    return (await this.#runtime<{ containerId: string }>('CreateContainer', request, signal)).containerId
  }

  async startContainer(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#runtime('StartContainer', { containerId }, signal)
  }

  async stopContainer(containerId: string, graceSeconds: number, signal: AbortSignal): Promise<void> {
    // The runtime waits out the grace period before it kills, so our own deadline lies beyond it.
    const deadlineMs = graceSeconds * 1000 + SLACK_MS
    await this.#ifThere('StopContainer', { containerId, timeout: graceSeconds }, signal, deadlineMs)
  }

  async removeContainer(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#ifThere('RemoveContainer', { containerId }, signal)
  }

  async containerStatus(containerId: string, signal: AbortSignal): Promise<ContainerStatus> {
    return (await this.#runtime<{ status: ContainerStatus }>('ContainerStatus', { containerId }, signal)).status
  }

  async listContainers(filter: ContainerFilter, signal: AbortSignal): Promise<readonly Container[]> {
    return (await this.#runtime<{ containers: Container[] }>('ListContainers', { filter }, signal)).containers
  }

  async updateContainerResources(id: string, linux: LinuxContainerResources, signal: AbortSignal): Promise<void> {
    await this.#runtime('UpdateContainerResources', { containerId: id, linux }, signal)
  }

  async reopenContainerLog(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#runtime('ReopenContainerLog', { containerId }, signal)
  }

  execSync(id: string, command: readonly string[], timeoutSeconds: number, signal: AbortSignal): Promise<ExecResult> {
    const request = { containerId: id, cmd: command, timeout: timeoutSeconds }
    const deadlineMs = timeoutSeconds === 0 ? NO_LIMIT : timeoutSeconds * 1000 + SLACK_MS
    return this.#runtime('ExecSync', request, signal, deadlineMs)
  }

  async exec(request: ExecRequest, signal: AbortSignal): Promise<string> {
    return (await this.#runtime<{ url: string }>('Exec', request, signal)).url
  }

  async attach(request: AttachRequest, signal: AbortSignal): Promise<string> {
    return (await this.#runtime<{ url: string }>('Attach', request, signal)).url
  }

  async containerStats(containerId: string, signal: AbortSignal): Promise<ContainerStats> {
    return (await this.#runtime<{ stats: ContainerStats }>('ContainerStats', { containerId }, signal)).stats
  }

  async listContainerStats(labelSelector: Labels, signal: AbortSignal): Promise<readonly ContainerStats[]> {
    const request = { filter: { labelSelector } }
    return (await this.#runtime<{ stats: ContainerStats[] }>('ListContainerStats', request, signal)).stats
  }

  async listImages(signal: AbortSignal): Promise<readonly Image[]> {
    return (await this.#image<{ images: Image[] }>('ListImages', {}, signal)).images
  }

  async imageStatus(image: ImageSpec, signal: AbortSignal): Promise<Image | undefined> {
    return (await this.#image<{ image: Image | null }>('ImageStatus', { image }, signal)).image ?? undefined
  }

  async pullImage(
    image: ImageSpec,
    auth: AuthConfig | undefined,
    sandboxConfig: PodSandboxConfig | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const request = { image, ...(auth && { auth }), ...(sandboxConfig && { sandboxConfig }) }
    return (await this.#image<{ imageRef: string }>('PullImage', request, signal, NO_LIMIT)).imageRef
  }

  async removeImage(image: ImageSpec, signal: AbortSignal): Promise<void> {
    await this.#image('RemoveImage', { image }, signal)
  }

  async imageFilesystems(signal: AbortSignal): Promise<readonly FilesystemUsage[]> {
    type Answer = { imageFilesystems: FilesystemUsage[] }
    return (await this.#image<Answer>('ImageFsInfo', {}, signal)).imageFilesystems
  }

  #runtimeService(): Promise<GrpcChannel> {
    this.#runtimeChannel ??= this.#open('runtime.v1.RuntimeService')
    return this.#runtimeChannel
  }

  #imageService(): Promise<GrpcChannel> {
    this.#imageChannel ??= this.#open('runtime.v1.ImageService')
    return this.#imageChannel
  }

  #open(service: string): Promise<GrpcChannel> {
    return openChannel({ proto: PROTO, service, address: `unix:${this.#socketPath}` })
  }

  async #runtime<R>(method: string, request: object, signal: AbortSignal, deadlineMs = CALL_MS): Promise<R> {
    return call<R>(await this.#runtimeService(), method, request, signal, deadlineMs)
  }

  async #image<R>(method: string, request: object, signal: AbortSignal, deadlineMs = CALL_MS): Promise<R> {
    return call<R>(await this.#imageService(), method, request, signal, deadlineMs)
  }

  async #ifThere(method: string, request: object, signal: AbortSignal, deadlineMs = CALL_MS): Promise<void> {
    try {
      await this.#runtime(method, request, signal, deadlineMs)
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.code !== RuntimeCode.NotFound) throw error
    }
  }
}

async function call<R>(
  channel: GrpcChannel,
  method: string,
  request: object,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<R> {
  try {
    return await channel.unary<R>(method, request, { signal, ...(deadlineMs !== NO_LIMIT && { deadlineMs }) })
  } catch (error) {
    if (signal.aborted) throw error
    throw asRuntimeError(method, error)
  }
}

function asRuntimeError(method: string, error: unknown): RuntimeError {
  const { code = 2, details } = error as Partial<ServiceError>
  return new RuntimeError(method, code, details ?? String(error), error)
}
