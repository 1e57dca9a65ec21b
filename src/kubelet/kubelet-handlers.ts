import type { Node } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { ContainerRuntime } from './cri/container-runtime.ts'
import type { HealthCheck, KubeletHandlers } from './http/handlers.ts'
import { ContainerUnavailable } from './http/handlers.ts'
import type { PodView } from './pods/pod.ts'
import { findContainer } from './pods/pod.ts'
import type { PodManager } from './pods/pod-manager.ts'
import type { RuntimePodReader } from './pods/runtime-pod.ts'

export interface KubeletHandlersDeps {
  readonly pods: PodManager
  readonly reader: RuntimePodReader
  readonly runtime: ContainerRuntime
  readonly node: () => DeepReadonly<Node> | undefined
  readonly healthChecks: Readonly<Record<string, HealthCheck>>
}

const LOOKUP_MS = 10_000

/** What the kubelet's HTTP server asks. */
export function kubeletHandlers({ pods, reader, runtime, node, healthChecks }: KubeletHandlersDeps): KubeletHandlers {
  const read = ({ metadata: { uid, name, namespace } }: PodView) =>
    reader.read({ uid, name, namespace }, AbortSignal.timeout(LOOKUP_MS))
  return {
    pods: () => pods.list(),
    findPod: (namespace, name) =>
      pods.list().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    node,
    runtime,
    healthChecks,
    async findContainer(pod, name, { previous = false } = {}) {
      const spec = findContainer(pod, name)
      if (!spec) throw new ContainerUnavailable(`container ${name} is not valid for pod ${pod.metadata.name}`)
      const { containers } = await read(pod)
      const attempts = containers.filter((container) => container.name === name)
      const found = previous ? attempts[1] : attempts[0]
      if (!found || found.state === 'created') throw new ContainerUnavailable(whyMissing(pod, name, previous))
      const { id, logPath, state } = found
      return { id, logPath, running: state === 'running', tty: spec.tty ?? false, stdin: spec.stdin ?? false }
    },
    async findSandbox(pod) {
      const { sandboxes } = await read(pod)
      const ready = sandboxes.find((sandbox) => sandbox.ready)
      if (!ready) throw new ContainerUnavailable(`pod not found ("${pod.metadata.name}_${pod.metadata.namespace}")`)
      return ready.id
    },
  }
}

function whyMissing({ metadata, status }: PodView, container: string, previous: boolean): string {
  const where = `container "${container}" in pod "${metadata.name}"`
  if (previous) return `previous terminated ${where} not found`
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
  const waiting = statuses.find(({ name }) => name === container)?.state?.waiting
  switch (waiting?.reason) {
    case undefined:
      return `${where} is not available`
    case 'ErrImagePull':
      return `${where} is waiting to start: image can't be pulled`
    case 'ImagePullBackOff':
      return `${where} is waiting to start: trying and failing to pull image`
    default:
      return `${where} is waiting to start: ${waiting?.reason}`
  }
}
