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

/** gRPC status codes that callers tell apart. */
export const RuntimeCode = {
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  FailedPrecondition: 9,
  Unimplemented: 12,
  Unavailable: 14,
} as const

/** A call that the runtime refused or that did not reach it. `message` is as gRPC clients print it, code included. */
export class RuntimeError extends Error {
  readonly code: number
  /** Which call failed: `RunPodSandbox`. */
  readonly method: string
  /** The runtime's own text. */
  readonly detail: string

  constructor(method: string, code: number, detail: string, cause?: unknown) {
    super(`rpc error: code = ${codeName(code)} desc = ${detail}`, cause === undefined ? undefined : { cause })
    this.method = method
    this.code = code
    this.detail = detail
  }
}

const CODE_NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]

const codeName = (code: number): string => CODE_NAMES[code] ?? `Code(${code})`

/** An error as statuses and events show it: of the runtime's, only its own text. */
export function detailOf(error: unknown): string {
  if (error instanceof RuntimeError) return error.detail
  return error instanceof Error ? error.message : String(error)
}

/** True when the thing the call was about is not there (any more). */
export function isGone(error: unknown): boolean {
  return error instanceof RuntimeError && error.code === RuntimeCode.NotFound
}

/** Something happened to a container or sandbox: look at the pod again. `podUid` is unknown to some event sources. */
export interface ContainerEvent {
  readonly containerId: string
  readonly kind: 'created' | 'started' | 'stopped' | 'deleted'
  readonly podUid?: string
}

/**
 * A CRI v1 runtime. Failures are RuntimeErrors. Stop and remove calls succeed when there is nothing left to do, every call
 * may be repeated. Calls have deadlines of their own (2 min; stop: grace + 2 min; pull: none but the signal).
 */
export interface ContainerRuntime {
  version(signal: AbortSignal): Promise<RuntimeVersion>
  status(signal: AbortSignal): Promise<RuntimeState>
  /** Undefined when the runtime does not say (containerd before 2.0). */
  cgroupDriver(signal: AbortSignal): Promise<'cgroupfs' | 'systemd' | undefined>
  /** Rejects with code Unimplemented where the runtime has no events; ends when the connection does. */
  events(signal: AbortSignal): AsyncIterable<ContainerEvent>

  /** Creates and starts a sandbox, network included; answers its id. */
  runPodSandbox(config: PodSandboxConfig, runtimeHandler: string, signal: AbortSignal): Promise<string>
  stopPodSandbox(id: string, signal: AbortSignal): Promise<void>
  removePodSandbox(id: string, signal: AbortSignal): Promise<void>
  podSandboxStatus(id: string, signal: AbortSignal): Promise<PodSandboxStatus>
  listPodSandboxes(filter: SandboxFilter, signal: AbortSignal): Promise<readonly PodSandbox[]>
  listPodSandboxStats(labels: Labels, signal: AbortSignal): Promise<readonly PodSandboxStats[]>
  portForward(sandboxId: string, ports: readonly number[], signal: AbortSignal): Promise<string>

  /** Answers the container's id. */
  createContainer(
    sandboxId: string,
    config: ContainerConfig,
    sandbox: PodSandboxConfig,
    signal: AbortSignal,
  ): Promise<string>
  startContainer(id: string, signal: AbortSignal): Promise<void>
  /** SIGTERM, then SIGKILL after `graceSeconds`; resolves when the container has ended. */
  stopContainer(id: string, graceSeconds: number, signal: AbortSignal): Promise<void>
  removeContainer(id: string, signal: AbortSignal): Promise<void>
  containerStatus(id: string, signal: AbortSignal): Promise<ContainerStatus>
  listContainers(filter: ContainerFilter, signal: AbortSignal): Promise<readonly Container[]>
  updateContainerResources(id: string, resources: LinuxContainerResources, signal: AbortSignal): Promise<void>
  reopenContainerLog(id: string, signal: AbortSignal): Promise<void>
  /** Runs a command to its end; `timeoutSeconds` 0 means no limit. Code DeadlineExceeded when it took longer. */
  execSync(id: string, command: readonly string[], timeoutSeconds: number, signal: AbortSignal): Promise<ExecResult>
  /** The URL of the runtime's streaming server for this session; likewise attach and portForward. */
  exec(request: ExecRequest, signal: AbortSignal): Promise<string>
  attach(request: AttachRequest, signal: AbortSignal): Promise<string>
  containerStats(id: string, signal: AbortSignal): Promise<ContainerStats>
  listContainerStats(labels: Labels, signal: AbortSignal): Promise<readonly ContainerStats[]>

  listImages(signal: AbortSignal): Promise<readonly Image[]>
  imageStatus(image: ImageSpec, signal: AbortSignal): Promise<Image | undefined>
  /** Answers the reference to put into ContainerConfig.image. */
  pullImage(
    image: ImageSpec,
    auth: AuthConfig | undefined,
    sandbox: PodSandboxConfig | undefined,
    signal: AbortSignal,
  ): Promise<string>
  removeImage(image: ImageSpec, signal: AbortSignal): Promise<void>
  imageFilesystems(signal: AbortSignal): Promise<readonly FilesystemUsage[]>
}
