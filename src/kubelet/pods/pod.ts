import type { Container, ContainerStatus, Pod, PodStatus } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** A pod as the kubelet reads it: shared with the informer, never changed. */
export type PodView = DeepReadonly<Pod>
export type ContainerSpec = DeepReadonly<Container>
export type ContainerStatusView = DeepReadonly<ContainerStatus>
export type PodStatusView = DeepReadonly<PodStatus>

/** An init container that runs beside the others for the pod's life (KEP-753). */
export function isSidecar({ restartPolicy }: ContainerSpec): boolean {
  return restartPolicy === 'Always'
}

/** Init containers first, as they start. */
export function allContainers({ spec }: PodView): readonly ContainerSpec[] {
  return [...(spec.initContainers ?? []), ...spec.containers]
}

export function findContainer(pod: PodView, name: string): ContainerSpec | undefined {
  return allContainers(pod).find((container) => container.name === name)
}

/** A phase that a pod never leaves. */
export function isTerminal(phase: PodStatusView['phase']): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

/** How messages name a pod: `name_namespace(uid)`. */
export function podTitle({ metadata: { name, namespace, uid } }: PodView): string {
  return `${name}_${namespace}(${uid})`
}

/** `namespace/name`. */
export function podKey({ metadata: { name, namespace } }: PodView): string {
  return `${namespace}/${name}`
}

/** A static pod's API object: the kubelet's own copy is elsewhere and this one only mirrors it. */
export function isMirrorPod({ metadata }: PodView): boolean {
  return metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined
}
