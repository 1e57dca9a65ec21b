import type { Container, Pod } from '../api/types/core.v1.ts'
import { deepFreeze } from '../base/deep-readonly.ts'
import { containerHash } from '../kubelet/pods/container-labels.ts'
import type { ContainerSpec, PodView } from '../kubelet/pods/pod.ts'
import type { RuntimeContainer, RuntimePod } from '../kubelet/pods/runtime-pod.ts'

/** A container as the API would have it. */
export function containerOf(name: string, part: Partial<Container> = {}): Container {
  return { name, image: 'app:1', ...part }
}

/** A pod on a node, with one container unless others are given. */
export function podOf(spec: Partial<Pod['spec']> = {}, metadata: Partial<Pod['metadata']> = {}): PodView {
  return deepFreeze({
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u1',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { restartPolicy: 'Always', containers: [containerOf('main')], ...spec },
    status: {},
  } as Pod)
}

/** An attempt of a container as the runtime would have it. */
export function attemptOf(container: ContainerSpec, part: Partial<RuntimeContainer> = {}): RuntimeContainer {
  return {
    id: `${container.name}-1`,
    name: container.name,
    state: 'running',
    createdAt: 1000,
    startedAt: 1000,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    image: container.image ?? '',
    imageRef: 'sha256:1',
    hash: containerHash(container),
    restartCount: 0,
    logPath: '',
    terminationMessageFile: '',
    terminationMessagePolicy: '',
    preStopHandler: undefined,
    graceSeconds: undefined,
    user: null,
    ...part,
  }
}

/** What the runtime has of a pod: a ready sandbox with an address, and these attempts. */
export function runtimePodOf(containers: readonly RuntimeContainer[], part: Partial<RuntimePod> = {}): RuntimePod {
  const sandbox = { id: 's1', ready: true, createdAt: 900, attempt: 0, ips: ['10.1.0.2'], hostNetwork: false }
  return { uid: 'u1', name: 'web', namespace: 'default', sandboxes: [sandbox], containers, ...part }
}
