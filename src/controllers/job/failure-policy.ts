import type { Job, PodFailurePolicyRule } from '../../api/types/batch.v1.ts'
import type { ContainerStatus, Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

type AnyPod = DeepReadonly<Pod>
type Rule = DeepReadonly<PodFailurePolicyRule>

/** What the first rule that matches makes of a failed pod (KEP-3329). */
export interface FailureMatch {
  readonly action: PodFailurePolicyRule['action']
  readonly message: string
}

/** Undefined when no rule matches, or the job has none: the failure counts as any other. */
export function matchFailurePolicy({ spec }: DeepReadonly<Job>, pod: AnyPod): FailureMatch | undefined {
  if (pod.status.phase !== 'Failed') return undefined
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const why = rule.onExitCodes ? exitCodeMatch(rule, pod) : conditionMatch(rule, pod)
    if (why) return { action: rule.action, message: `${why} matching ${rule.action} rule at index ${index}` }
  }
  return undefined
}

function exitCodeMatch({ onExitCodes }: Rule, { metadata, status }: AnyPod): string | undefined {
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
  for (const container of statuses) {
    const exitCode = failedWith(container)
    if (exitCode === undefined || !onExitCodes) continue
    if (onExitCodes.containerName && onExitCodes.containerName !== container.name) continue
    if (onExitCodes.values.includes(exitCode) !== (onExitCodes.operator === 'In')) continue
    const pod = `${metadata.namespace}/${metadata.name}`
    return `Container ${container.name} for pod ${pod} failed with exit code ${exitCode}`
  }
  return undefined
}

function failedWith({ state }: DeepReadonly<ContainerStatus>): number | undefined {
  const exitCode = state?.terminated?.exitCode
  return exitCode === 0 ? undefined : exitCode
}

function conditionMatch({ onPodConditions = [] }: Rule, { metadata, status }: AnyPod): string | undefined {
  for (const pattern of onPodConditions) {
    const wanted = pattern.status ?? 'True'
    const met = status.conditions?.some(({ type, status: value }) => type === pattern.type && value === wanted)
    if (met) return `Pod ${metadata.namespace}/${metadata.name} has condition ${pattern.type}`
  }
  return undefined
}
