import type { Node, Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'

/** A container (one attempt of it) as the HTTP server looks for it. */
export interface ContainerRecord {
  readonly id: string
  readonly running: boolean
  /** Absolute path of the CRI-format log file. */
  readonly logPath: string
  readonly tty: boolean
  readonly stdin: boolean
}

/** Why a container's logs or streams cannot be had: `message` is upstream's text for the client (HTTP 400). */
export class ContainerUnavailable extends Error {}

/** One line of /healthz?verbose: undefined when healthy, else why not. */
export type HealthCheck = () => string | undefined

/**
 * What the kubelet shows to its HTTP server (src/kubelet/http): everything the endpoints /pods, /containerLogs, /exec,
 * /attach, /portForward, /run, /stats/summary and /healthz need, and nothing that changes a pod.
 */
export interface KubeletHandlers {
  /** Pods bound to this node, with the newest status known here. */
  pods(): readonly DeepReadonly<Pod>[]
  findPod(namespace: string, name: string): DeepReadonly<Pod> | undefined
  node(): DeepReadonly<Node> | undefined
  /**
   * The newest attempt of a container, or with `previous` the one before. Throws ContainerUnavailable when there is none,
   * in upstream's words: `container "a" in pod "b" is waiting to start: ContainerCreating`.
   */
  findContainer(pod: DeepReadonly<Pod>, container: string, options?: { previous?: boolean }): Promise<ContainerRecord>
  /** Id of the pod's ready sandbox, for port-forward. Throws ContainerUnavailable when there is none. */
  findSandbox(pod: DeepReadonly<Pod>): Promise<string>
  /** For streams (exec, attach, portForward answer the URL of the runtime's streaming server) and for stats. */
  readonly runtime: ContainerRuntime
  readonly healthChecks: Readonly<Record<string, HealthCheck>>
}
