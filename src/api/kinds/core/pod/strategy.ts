import { editable } from '../../../../base/deep-readonly.ts'
import type { UpdateContext } from '../../../resource.ts'
import type { Container, Pod, PodAffinity, PodSpec } from '../../../types/core.v1.ts'
import type { LabelSelector, LabelSelectorRequirement, OwnerReference } from '../../../types/meta.v1.ts'
import { syncServiceAccount } from './defaults.ts'
import { qosClassOf } from './quality-of-service.ts'

type Labels = Readonly<Record<string, string>>

/** A new pod waits, in the class that its resources give it. */
export function preparePod(pod: Pod): void {
  const { spec } = pod
  syncServiceAccount(spec)
  pod.status = { phase: 'Pending', qosClass: qosClassOf(spec) }
  if (spec.schedulingGates?.length) pod.status.conditions = [gatedCondition()]
  mergeLabelKeys(spec, pod.metadata.labels ?? {})
}

const gatedCondition = () => ({
  type: 'PodScheduled',
  status: 'False' as const,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
})

/** `matchLabelKeys` become selector requirements with the pod's own label values (KEP-3633, KEP-3243). */
function mergeLabelKeys(spec: PodSpec, labels: Labels): void {
  mergeAffinity(spec.affinity?.podAffinity, labels)
  mergeAffinity(spec.affinity?.podAntiAffinity, labels)
  spec.topologySpreadConstraints?.forEach((constraint) => {
    merge(constraint.labelSelector, constraint.matchLabelKeys, 'In', labels)
  })
}

function mergeAffinity(affinity: PodAffinity | undefined, labels: Labels): void {
  if (!affinity) return
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const terms = [
    ...(affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...preferred.map(({ podAffinityTerm }) => podAffinityTerm),
  ]
  for (const { labelSelector, matchLabelKeys, mismatchLabelKeys } of terms) {
    merge(labelSelector, matchLabelKeys, 'In', labels)
    merge(labelSelector, mismatchLabelKeys, 'NotIn', labels)
  }
}

function merge(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: LabelSelectorRequirement['operator'],
  labels: Labels,
): void {
  if (!selector || !keys) return
  for (const key of keys) {
    const value = labels[key]
    if (value === undefined) continue
    selector.matchExpressions ??= []
    selector.matchExpressions.push({ key, operator, values: [value] })
  }
}

/** Subresources change only their own part: the rest is put back. */
export function preparePodUpdate(pod: Pod, { old, subresource }: UpdateContext<Pod>): void {
  if (subresource === '') return syncServiceAccount(pod.spec)
  if (subresource === 'status') {
    // Old kubelets sent owner references back changed.
    if (old.metadata.ownerReferences)
      pod.metadata.ownerReferences = editable<OwnerReference[]>(old.metadata.ownerReferences)
    else delete pod.metadata.ownerReferences
  }
  if (subresource === 'ephemeralcontainers')
    restoreAllBut(pod, old, ({ spec }, wanted) => {
      if (wanted.ephemeralContainers) spec.ephemeralContainers = wanted.ephemeralContainers
      else delete spec.ephemeralContainers
    })
  if (subresource === 'resize') restoreAllBut(pod, old, ({ spec }, wanted) => takeResources(spec, wanted))
}

/** Makes `pod` the old one, keeping who it claims to be, and lets `take` bring back a part of the wanted spec. */
function restoreAllBut(pod: Pod, old: UpdateContext<Pod>['old'], take: (restored: Pod, wanted: PodSpec) => void): void {
  const { spec: wanted, metadata } = pod
  const restored = editable<Pod>(old)
  const { name, namespace, uid, resourceVersion, managedFields } = metadata
  Object.assign(restored.metadata, { name, namespace, uid, resourceVersion })
  if (managedFields) restored.metadata.managedFields = managedFields
  else delete restored.metadata.managedFields
  take(restored, wanted)
  pod.metadata = restored.metadata
  pod.spec = restored.spec
  pod.status = restored.status
}

/** Containers added, removed, renamed or in another order are left for the validation to refuse. */
function takeResources(spec: PodSpec, wanted: PodSpec): void {
  if (!sameNames(spec.containers, wanted.containers) || !sameNames(spec.initContainers, wanted.initContainers)) {
    spec.containers = wanted.containers
    if (wanted.initContainers) spec.initContainers = wanted.initContainers
    else delete spec.initContainers
    return
  }
  takeOf(spec.containers, wanted.containers)
  takeOf(spec.initContainers, wanted.initContainers)
  if (wanted.resources) spec.resources = wanted.resources
  else delete spec.resources
}

const sameNames = (a: readonly Container[] = [], b: readonly Container[] = []): boolean =>
  a.length === b.length && a.every(({ name }, index) => name === b[index]?.name)

function takeOf(containers: Container[] = [], wanted: readonly Container[] = []): void {
  for (const [index, container] of containers.entries()) {
    const { resources, resizePolicy } = wanted[index] as Container
    container.resources = resources ?? {}
    if (resizePolicy) container.resizePolicy = resizePolicy
    else delete container.resizePolicy
  }
}

/** How long the kubelet may take to end a pod. One that runs nowhere, or has ended, goes at once. */
export function podGracePeriod(
  { spec, status }: UpdateContext<Pod>['old'],
  requested: number | undefined,
): number | undefined {
  const ended = status.phase === 'Succeeded' || status.phase === 'Failed'
  if (!spec.nodeName || ended) return undefined
  const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0
  if (seconds < 0) return 1
  return seconds === 0 ? undefined : seconds
}
