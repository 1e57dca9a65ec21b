import type { StatefulSet } from '../../api/types/apps.v1.ts'
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import { podFromTemplate } from '../pod-from-template.ts'

export const STATEFUL_SET = { apiVersion: 'apps/v1', kind: 'StatefulSet' }
/** On pods: the name of the revision they were made from. */
export const REVISION_LABEL = 'controller-revision-hash'
const POD_NAME = 'statefulset.kubernetes.io/pod-name'
const POD_INDEX = 'apps.kubernetes.io/pod-index'

type AnySet = DeepReadonly<StatefulSet>

/** The number at the end of a pod's name; undefined when the pod is not called after the set. */
export function ordinalOf({ metadata }: AnySet, { name }: { readonly name: string }): number | undefined {
  const digits = name.startsWith(`${metadata.name}-`) ? name.slice(metadata.name.length + 1) : ''
  return /^\d+$/.test(digits) ? Number(digits) : undefined
}

/** Is the pod one of those that the set asks for. */
export function isInRange(set: AnySet, pod: { readonly name: string }): boolean {
  const ordinal = ordinalOf(set, pod) ?? -1
  const start = set.spec.ordinals?.start ?? 0
  return ordinal >= start && ordinal < start + (set.spec.replicas ?? 1)
}

/** The pod of an ordinal: its name, hostname, labels and claims stay the same however often it is made anew. */
export function statefulPod(
  set: AnySet,
  template: DeepReadonly<PodTemplateSpec>,
  revision: string,
  ordinal: number,
): New<Pod> {
  const pod = podFromTemplate(template, set, STATEFUL_SET)
  const name = `${set.metadata.name}-${ordinal}`
  const identity = { [REVISION_LABEL]: revision, ...identityLabels(name, ordinal) }
  const volumes = withClaims(set, pod.spec.volumes ?? [], ordinal)
  const { serviceName } = set.spec
  return {
    ...pod,
    metadata: { ...pod.metadata, name, labels: { ...pod.metadata.labels, ...identity } },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(serviceName && { subdomain: serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  }
}

const identityLabels = (name: string, ordinal: number): Record<string, string> => ({
  [POD_NAME]: name,
  [POD_INDEX]: String(ordinal),
})

/** The pod with the labels and volumes of its ordinal; undefined when it has them. */
export function restoredPod(set: AnySet, pod: DeepReadonly<Pod>): Pod | undefined {
  const { name, labels } = pod.metadata
  const ordinal = ordinalOf(set, pod.metadata) ?? 0
  const stored = (set.spec.volumeClaimTemplates ?? []).every((template) =>
    pod.spec.volumes?.some(
      (volume) =>
        volume.name === template.metadata.name &&
        volume.persistentVolumeClaim?.claimName === claimName(template, set.metadata.name, ordinal),
    ),
  )
  if (labels?.[POD_NAME] === name && stored) return undefined
  const restored = editable<Pod>(pod)
  restored.metadata.labels = { ...labels, ...identityLabels(name, ordinal) }
  if (!stored) restored.spec.volumes = withClaims(set, restored.spec.volumes ?? [], ordinal)
  return restored
}

function withClaims({ metadata, spec }: AnySet, volumes: readonly Volume[], ordinal: number): Volume[] {
  const templates = spec.volumeClaimTemplates ?? []
  const claimed: Volume[] = templates.map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(template, metadata.name, ordinal) },
  }))
  return [...claimed, ...volumes.filter(({ name }) => !templates.some((each) => each.metadata.name === name))]
}

const claimName = (template: DeepReadonly<PersistentVolumeClaim>, set: string, ordinal: number): string =>
  `${template.metadata.name}-${set}-${ordinal}`

/** The claims of an ordinal, with the set's labels. */
export function claimsOf({ metadata, spec }: AnySet, ordinal: number): New<PersistentVolumeClaim>[] {
  return (spec.volumeClaimTemplates ?? []).map((template) => {
    const { annotations, labels } = template.metadata
    return {
      metadata: {
        name: claimName(template, metadata.name, ordinal),
        namespace: metadata.namespace,
        labels: { ...labels, ...spec.selector.matchLabels },
        ...(annotations && { annotations: { ...annotations } }),
      },
      spec: editable<PersistentVolumeClaim['spec']>(template.spec),
    }
  })
}
