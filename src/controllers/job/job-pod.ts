import type { Job } from '../../api/types/batch.v1.ts'
import type { Container, Pod, PodTemplateSpec } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import { podFromTemplate } from '../pod-from-template.ts'

type AnyPod = DeepReadonly<Pod>
type AnyJob = DeepReadonly<Job>

export const JOB = { apiVersion: 'batch/v1', kind: 'Job' }

/** Keeps a pod until its end is counted (KEP-2307). */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking'

/** Annotation and label of an Indexed Job's pod. */
export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index'
const FAILURES = 'batch.kubernetes.io/job-index-failure-count'
const IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count'

export const isIndexed = ({ spec }: AnyJob): boolean => spec.completionMode === 'Indexed'
export const hasBackoffPerIndex = ({ spec }: AnyJob): boolean => spec.backoffLimitPerIndex !== undefined
export const isTracked = ({ metadata }: AnyPod): boolean => metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false

/** Undefined when the pod has no valid index. */
export function completionIndex({ metadata }: AnyPod): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX] ?? ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** How often pods of this index had failed before this one (KEP-3850). */
export function indexFailures({ metadata }: AnyPod): { counted: number; ignored: number } {
  const count = (name: string): number => Number(metadata.annotations?.[name] ?? 0) || 0
  return { counted: count(FAILURES), ignored: count(IGNORED_FAILURES) }
}

export interface PodIdentity {
  readonly index: number
  /** With a back-off limit for each index: how often its pods have failed. */
  readonly failures?: { readonly counted: number; readonly ignored: number }
}

/** A pod of the job; one of an Indexed Job carries its index in name, hostname, annotation, label and environment. */
export function jobPod(job: AnyJob, identity?: PodIdentity): New<Pod> {
  const pod = podFromTemplate(job.spec.template as DeepReadonly<PodTemplateSpec>, job, JOB)
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING_FINALIZER]
  if (!identity) return pod
  const { index, failures } = identity
  const name = `${job.metadata.name}-${index}`
  pod.metadata.generateName = `${name}-`
  pod.metadata.labels = { ...pod.metadata.labels, [COMPLETION_INDEX]: String(index) }
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [COMPLETION_INDEX]: String(index),
    ...(failures && { [FAILURES]: String(failures.counted) }),
    ...(failures && failures.ignored > 0 && { [IGNORED_FAILURES]: String(failures.ignored) }),
  }
  const { containers, initContainers } = pod.spec
  const spec = { ...editable(pod.spec), hostname: name, containers: containers.map(withIndex) }
  return { ...pod, spec: { ...spec, ...(initContainers && { initContainers: initContainers.map(withIndex) }) } }
}

function withIndex(container: Container): Container {
  const { env = [] } = container
  if (env.some(({ name }) => name === 'JOB_COMPLETION_INDEX')) return container
  const fieldRef = { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` }
  return { ...container, env: [...env, { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }] }
}
