import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { qosClassOf } from '../kinds/core/pod/quality-of-service.ts'
import { isExtendedResource, isHugePages, isNativeResource } from '../kinds/validation/resource-names.ts'
import type { Pod, PodAffinityTerm, ResourceRequirements } from '../types/core.v1.ts'
import type { QuotaEvaluator, ScopeRequirement } from './evaluator.ts'
import { podAmounts } from './pod-amounts.ts'
import { matchesName } from './scopes.ts'

type ReadonlyPod = DeepReadonly<Pod>

const COUNT = 'count/pods'
const REQUESTS = 'requests.'
/** Requests of these count under their plain name too, and quota of one asks every container to say how much it needs. */
const COMPUTE = ['cpu', 'memory']
const MEASURED = [...COMPUTE, 'ephemeral-storage']
const names = new Set([COUNT, 'pods', ...MEASURED.flatMap((name) => [name, `${REQUESTS}${name}`, `limits.${name}`])])
const mustBeSaid = new Set(COMPUTE.flatMap((name) => [name, `${REQUESTS}${name}`, `limits.${name}`]))

/** Pods and what they ask for. A pod that has ended, or should have ended by now, is counted as an object only. */
export const pods: QuotaEvaluator<Pod> = {
  group: '',
  plural: 'pods',
  counts: (name) => names.has(name) || isHugePages(name) || isRequest(name),
  isCharged: (operation, subresource) =>
    (operation === 'CREATE' && subresource === '') || (operation === 'UPDATE' && subresource === 'resize'),
  matchesScope,
  missing,
  usage(pod, now) {
    if (isOver(pod, now)) return { [COUNT]: '1' }
    return { [COUNT]: '1', pods: '1', ...computed(podAmounts(pod, 'requests'), podAmounts(pod, 'limits')) }
  },
}

const isRequest = (name: string): boolean =>
  name.startsWith(REQUESTS) && (isHugePages(name.slice(REQUESTS.length)) || !isNativeResource(name))

function isOver({ metadata, status }: ReadonlyPod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true
  const { deletionTimestamp, deletionGracePeriodSeconds: graceSeconds } = metadata
  if (deletionTimestamp === undefined || graceSeconds === undefined) return false
  return now > Date.parse(deletionTimestamp) + graceSeconds * 1000
}

type List = Readonly<Record<string, string>> | undefined

/** Requests and limits under the names that quota has for them. */
function computed(requests: List, limits: List): Record<string, string> {
  const usage: Record<string, string> = {}
  for (const name of MEASURED) {
    const [request, limit] = [requests?.[name], limits?.[name]]
    if (request !== undefined) usage[name] = usage[REQUESTS + name] = request
    if (limit !== undefined) usage[`limits.${name}`] = limit
  }
  for (const [name, amount] of Object.entries(requests ?? {})) {
    if (isHugePages(name)) usage[name] = usage[REQUESTS + name] = amount
    if (isExtendedResource(name)) usage[REQUESTS + name] = amount
  }
  return usage
}

/** `must specify cpu for: a,b; memory for: a`. What a pod asks for as a whole says enough (KEP-2837). */
function missing(required: readonly string[], { spec }: ReadonlyPod): string | undefined {
  if (asksAsAWhole(spec.resources)) return undefined
  const wanted = required.filter((name) => mustBeSaid.has(name)).sort()
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  const silent = wanted.flatMap((name) => {
    const without = containers.filter(({ resources }) => !(name in computed(resources?.requests, resources?.limits)))
    return without.length === 0 ? [] : [`${name} for: ${[...new Set(without.map(nameOf))].sort().join(',')}`]
  })
  return silent.length === 0 ? undefined : `must specify ${silent.join('; ')}`
}

const nameOf = ({ name }: { readonly name: string }): string => name

const asksAsAWhole = (resources: DeepReadonly<ResourceRequirements> | undefined): boolean =>
  Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0

function matchesScope(requirement: ScopeRequirement, { spec }: ReadonlyPod): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined
    case 'BestEffort':
      return qosClassOf(spec) === 'BestEffort'
    case 'NotBestEffort':
      return qosClassOf(spec) !== 'BestEffort'
    case 'PriorityClass':
      return matchesName(requirement, spec.priorityClassName || undefined)
    case 'CrossNamespacePodAffinity':
      return affinityTerms(spec).some(crossesNamespaces)
    default:
      return false
  }
}

const crossesNamespaces = ({ namespaces, namespaceSelector }: DeepReadonly<PodAffinityTerm>): boolean =>
  (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined

function affinityTerms({ affinity }: ReadonlyPod['spec']): DeepReadonly<PodAffinityTerm>[] {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((rules) => [
    ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
}
