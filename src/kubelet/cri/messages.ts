/**
 * CRI v1 messages as TypeScript sees them (cri.proto beside this file): camel case, enums by name, 64-bit integers as
 * numbers (times in ns lose less than a µs), missing scalars as their zero, missing messages as null.
 */
export type Labels = Readonly<Record<string, string>>

export interface RuntimeVersion {
  readonly runtimeName: string
  readonly runtimeVersion: string
  readonly runtimeApiVersion: string
}

export interface RuntimeCondition {
  readonly type: string
  readonly status: boolean
  readonly reason: string
  readonly message: string
}

export interface RuntimeHandler {
  readonly name: string
  readonly features: { readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean } | null
}

export interface RuntimeState {
  readonly status: { readonly conditions: readonly RuntimeCondition[] } | null
  readonly runtimeHandlers: readonly RuntimeHandler[]
  readonly features: { readonly supplementalGroupsPolicy: boolean } | null
}

export interface PodSandboxMetadata {
  readonly name: string
  readonly uid: string
  readonly namespace: string
  readonly attempt: number
}

export interface DnsConfig {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly containerPort: number
  readonly hostPort: number
  readonly hostIp: string
}

export type NamespaceMode = 'POD' | 'CONTAINER' | 'NODE' | 'TARGET'

export interface NamespaceOption {
  readonly network: NamespaceMode
  readonly pid: NamespaceMode
  readonly ipc: NamespaceMode
  readonly targetId?: string
}

export interface SecurityProfile {
  readonly profileType: 'RuntimeDefault' | 'Unconfined' | 'Localhost'
  readonly localhostRef?: string
}

export interface SELinuxOption {
  readonly user?: string
  readonly role?: string
  readonly type?: string
  readonly level?: string
}

export interface LinuxSandboxSecurityContext {
  readonly namespaceOptions: NamespaceOption
  readonly selinuxOptions?: SELinuxOption
  readonly runAsUser?: { readonly value: number }
  readonly runAsGroup?: { readonly value: number }
  readonly supplementalGroups?: readonly number[]
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict'
  readonly privileged?: boolean
  readonly seccomp?: SecurityProfile
}

export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata
  readonly hostname: string
  readonly logDirectory: string
  readonly dnsConfig?: DnsConfig
  readonly portMappings: readonly PortMapping[]
  readonly labels: Labels
  readonly annotations: Labels
  readonly linux: {
    readonly cgroupParent: string
    readonly securityContext: LinuxSandboxSecurityContext
    readonly sysctls: Labels
    readonly overhead?: LinuxContainerResources
    readonly resources?: LinuxContainerResources
  }
}

export type PodSandboxState = 'SANDBOX_READY' | 'SANDBOX_NOTREADY'

export interface PodSandbox {
  readonly id: string
  readonly metadata: PodSandboxMetadata
  readonly state: PodSandboxState
  /** Nanoseconds since the epoch. */
  readonly createdAt: number
  readonly labels: Labels
  readonly annotations: Labels
  readonly runtimeHandler: string
}

export interface PodSandboxStatus extends PodSandbox {
  readonly network: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] } | null
  readonly linux: { readonly namespaces: { readonly options: NamespaceOption | null } | null } | null
}

export interface ContainerMetadata {
  readonly name: string
  readonly attempt: number
}

export interface ImageSpec {
  readonly image: string
  readonly annotations?: Labels
  readonly userSpecifiedImage?: string
  readonly runtimeHandler?: string
}

export interface Mount {
  readonly containerPath: string
  readonly hostPath: string
  readonly readonly: boolean
  readonly selinuxRelabel?: boolean
  readonly propagation: 'PROPAGATION_PRIVATE' | 'PROPAGATION_HOST_TO_CONTAINER' | 'PROPAGATION_BIDIRECTIONAL'
  readonly recursiveReadOnly?: boolean
}

export interface LinuxContainerResources {
  readonly cpuPeriod?: number
  readonly cpuQuota?: number
  readonly cpuShares?: number
  readonly memoryLimitInBytes?: number
  readonly oomScoreAdj?: number
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[]
  readonly unified?: Labels
  readonly memorySwapLimitInBytes?: number
}

export interface LinuxContainerSecurityContext {
  readonly capabilities?: {
    readonly addCapabilities: readonly string[]
    readonly dropCapabilities: readonly string[]
  }
  readonly privileged: boolean
  readonly namespaceOptions: NamespaceOption
  readonly selinuxOptions?: SELinuxOption
  readonly runAsUser?: { readonly value: number }
  readonly runAsGroup?: { readonly value: number }
  readonly runAsUsername?: string
  readonly readonlyRootfs: boolean
  readonly supplementalGroups: readonly number[]
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict'
  readonly noNewPrivs: boolean
  readonly maskedPaths: readonly string[]
  readonly readonlyPaths: readonly string[]
  readonly seccomp?: SecurityProfile
  readonly apparmor?: SecurityProfile
  /** The older spelling of `apparmor`, for runtimes before containerd 1.7: `localhost/<profile>`. */
  readonly apparmorProfile?: string
}

export interface ContainerConfig {
  readonly metadata: ContainerMetadata
  readonly image: ImageSpec
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly workingDir: string
  readonly envs: readonly { readonly key: string; readonly value: string }[]
  readonly mounts: readonly Mount[]
  readonly devices?: readonly {
    readonly containerPath: string
    readonly hostPath: string
    readonly permissions: string
  }[]
  readonly labels: Labels
  readonly annotations: Labels
  /** Relative to the sandbox's logDirectory. */
  readonly logPath: string
  readonly stdin: boolean
  readonly stdinOnce: boolean
  readonly tty: boolean
  readonly linux: {
    readonly resources: LinuxContainerResources
    readonly securityContext: LinuxContainerSecurityContext
  }
  /** Number in CRI's Signal enum; 0: the image's own. */
  readonly stopSignal?: number
}

export type ContainerState = 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN'

export interface Container {
  readonly id: string
  readonly podSandboxId: string
  readonly metadata: ContainerMetadata
  readonly image: ImageSpec | null
  readonly imageRef: string
  readonly state: ContainerState
  /** Nanoseconds since the epoch. */
  readonly createdAt: number
  readonly labels: Labels
  readonly annotations: Labels
  readonly imageId: string
}

export interface ContainerStatus {
  readonly id: string
  readonly metadata: ContainerMetadata
  readonly state: ContainerState
  /** Nanoseconds since the epoch; 0 when it has not happened. */
  readonly createdAt: number
  readonly startedAt: number
  readonly finishedAt: number
  readonly exitCode: number
  readonly image: ImageSpec | null
  readonly imageRef: string
  readonly imageId: string
  readonly reason: string
  readonly message: string
  readonly labels: Labels
  readonly annotations: Labels
  readonly logPath: string
  readonly resources: { readonly linux: LinuxContainerResources | null } | null
  readonly user: {
    readonly linux: {
      readonly uid: number
      readonly gid: number
      readonly supplementalGroups: readonly number[]
    } | null
  } | null
}

export interface SandboxFilter {
  readonly id?: string
  readonly state?: { readonly state: PodSandboxState }
  readonly labelSelector?: Labels
}

export interface ContainerFilter {
  readonly id?: string
  readonly state?: { readonly state: ContainerState }
  readonly podSandboxId?: string
  readonly labelSelector?: Labels
}

export interface ExecResult {
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly exitCode: number
}

export interface ExecRequest {
  readonly containerId: string
  readonly cmd: readonly string[]
  readonly tty: boolean
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
}

export type AttachRequest = Omit<ExecRequest, 'cmd'>

type Amount = { readonly value: number } | null

export interface CpuUsage {
  readonly timestamp: number
  readonly usageCoreNanoSeconds: Amount
  readonly usageNanoCores: Amount
}

export interface MemoryUsage {
  readonly timestamp: number
  readonly workingSetBytes: Amount
  readonly availableBytes: Amount
  readonly usageBytes: Amount
  readonly rssBytes: Amount
  readonly pageFaults: Amount
  readonly majorPageFaults: Amount
}

export interface FilesystemUsage {
  readonly timestamp: number
  readonly fsId: { readonly mountpoint: string } | null
  readonly usedBytes: Amount
  readonly inodesUsed: Amount
}

export interface ContainerStats {
  readonly attributes: { readonly id: string; readonly metadata: ContainerMetadata; readonly labels: Labels } | null
  readonly cpu: CpuUsage | null
  readonly memory: MemoryUsage | null
  readonly writableLayer: FilesystemUsage | null
}

export interface NetworkInterfaceUsage {
  readonly name: string
  readonly rxBytes: Amount
  readonly rxErrors: Amount
  readonly txBytes: Amount
  readonly txErrors: Amount
}

export interface PodSandboxStats {
  readonly attributes: { readonly id: string; readonly metadata: PodSandboxMetadata; readonly labels: Labels } | null
  readonly linux: {
    readonly cpu: CpuUsage | null
    readonly memory: MemoryUsage | null
    readonly network: {
      readonly timestamp: number
      readonly defaultInterface: NetworkInterfaceUsage | null
      readonly interfaces: readonly NetworkInterfaceUsage[]
    } | null
    readonly process: { readonly processCount: Amount } | null
    readonly containers: readonly ContainerStats[]
  } | null
}

export interface Image {
  readonly id: string
  readonly repoTags: readonly string[]
  readonly repoDigests: readonly string[]
  readonly size: number
  readonly uid: { readonly value: number } | null
  readonly username: string
  readonly pinned: boolean
}

export interface AuthConfig {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly serverAddress?: string
  readonly identityToken?: string
  readonly registryToken?: string
}
