import type { DaemonSet } from '../../api/types/apps.v1.ts'
import type { Pod, PodSpec, PodTemplateSpec, Toleration } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import { podFromTemplate } from '../pod-from-template.ts'

export const DAEMON_SET = { apiVersion: 'apps/v1', kind: 'DaemonSet' }

/** On revisions and pods: the hash of the template. */
export const REVISION_HASH = 'controller-revision-hash'

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]
const NETWORK: Toleration = { key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }

/** The DaemonSet's template with what every daemon pod has: tolerations of node conditions, and the revision's label. */
export function daemonTemplate(set: DeepReadonly<DaemonSet>, hash: string): PodTemplateSpec {
  const template = editable<PodTemplateSpec>(set.spec.template)
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION]
  const spec = template.spec as PodSpec
  const added = [...TOLERATIONS, ...(spec.hostNetwork ? [NETWORK] : [])]
  return {
    metadata: {
      ...template.metadata,
      labels: {
        ...template.metadata?.labels,
        ...(generation !== undefined && { 'pod-template-generation': generation }),
        [REVISION_HASH]: hash,
      },
    },
    spec: { ...spec, tolerations: merged(spec.tolerations ?? [], added) },
  }
}

/** One with the same key, effect and value takes the other's place. */
function merged(present: readonly Toleration[], added: readonly Toleration[]): Toleration[] {
  const same = (a: Toleration, b: Toleration): boolean =>
    a.key === b.key && a.effect === b.effect && (a.value ?? '') === (b.value ?? '')
  return [...present.filter((old) => !added.some((toleration) => same(old, toleration))), ...added]
}

/** A pod that the scheduler can bind to this node only: every term of its node affinity names it. */
export function daemonPod(set: DeepReadonly<DaemonSet>, template: PodTemplateSpec, nodeName: string): New<Pod> {
  const pod = podFromTemplate(template, set, DAEMON_SET)
  const { affinity } = pod.spec
  const only = { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }] }
  const required = { nodeSelectorTerms: [only] }
  const nodeAffinity = { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required }
  return { ...pod, spec: { ...pod.spec, affinity: { ...affinity, nodeAffinity } } }
}

/** The node that a pod is on or is meant for; undefined when it names none. */
export function targetNode({ spec }: DeepReadonly<Pod>): string | undefined {
  if (spec.nodeName) return spec.nodeName
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    const field = matchFields.find(({ key, operator }) => key === 'metadata.name' && operator === 'In')
    if (field?.values?.length === 1) return field.values[0]
  }
  return undefined
}
