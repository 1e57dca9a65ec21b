import type { Labels } from '../cri/messages.ts'
import type { ContainerSpec, PodView } from './pod.ts'

/** Labels and annotations by which the kubelet finds its sandboxes and containers again: upstream's, so that crictl and log collectors understand them. */
export const Label = {
  PodName: 'io.kubernetes.pod.name',
  PodNamespace: 'io.kubernetes.pod.namespace',
  PodUid: 'io.kubernetes.pod.uid',
  ContainerName: 'io.kubernetes.container.name',
} as const

export const Annotation = {
  Hash: 'io.kubernetes.container.hash',
  RestartCount: 'io.kubernetes.container.restartCount',
  TerminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  TerminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  TerminationMessageFile: 'navarch.io/termination-message-file',
  PodTerminationGracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
  PreStopHandler: 'io.kubernetes.container.preStopHandler',
} as const

export function sandboxLabels({ metadata }: PodView): Labels {
  return {
    ...metadata.labels,
    [Label.PodName]: metadata.name,
    [Label.PodNamespace]: metadata.namespace,
    [Label.PodUid]: metadata.uid,
  }
}

export function containerLabels({ metadata }: PodView, container: ContainerSpec): Labels {
  return {
    [Label.PodName]: metadata.name,
    [Label.PodNamespace]: metadata.namespace,
    [Label.PodUid]: metadata.uid,
    [Label.ContainerName]: container.name,
  }
}

/** What is needed to stop the container and to report its end when its pod is known no more. */
export function containerAnnotations(
  pod: PodView,
  container: ContainerSpec,
  { restartCount, terminationMessageFile }: { restartCount: number; terminationMessageFile: string },
): Labels {
  const grace = pod.spec.terminationGracePeriodSeconds
  const preStop = container.lifecycle?.preStop
  return {
    [Annotation.Hash]: containerHash(container),
    [Annotation.RestartCount]: String(restartCount),
    [Annotation.TerminationMessagePath]: container.terminationMessagePath ?? '',
    [Annotation.TerminationMessagePolicy]: container.terminationMessagePolicy ?? '',
    [Annotation.TerminationMessageFile]: terminationMessageFile,
    ...(grace !== undefined && { [Annotation.PodTerminationGracePeriod]: String(grace) }),
    ...(preStop && { [Annotation.PreStopHandler]: JSON.stringify(preStop) }),
  }
}

/** Changes when a running container has to be replaced: its name or image. 32-bit FNV-1a in hex. */
export function containerHash({ name, image = '' }: ContainerSpec): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(JSON.stringify({ image, name }))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(16)
}
