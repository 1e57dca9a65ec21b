import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import { addQuantities, compareQuantities } from '../../../quantity.ts'
import type { PodSpec, ResourceRequirements } from '../../../types/core.v1.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const COMPUTE = ['cpu', 'memory'] as const
type Requirements = DeepReadonly<ResourceRequirements>
type Totals = Record<string, string>

/**
 * The pod's class from what it asks for: nothing is BestEffort; limits for cpu and memory everywhere, with equal
 * requests, is Guaranteed. What the pod asks for as a whole counts alone.
 */
export function qosClassOf(spec: DeepReadonly<PodSpec>): QosClass {
  const requests: Totals = {}
  const limits: Totals = {}
  const parts = spec.resources
    ? [spec.resources]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources = {} }) => resources)
  let everyPartIsLimited = true
  for (const part of parts) {
    addPositive(requests, part.requests)
    addPositive(limits, part.limits)
    everyPartIsLimited &&= isLimited(part)
  }
  if (isEmpty(requests) && isEmpty(limits)) return 'BestEffort'
  return everyPartIsLimited && areEqual(requests, limits) ? 'Guaranteed' : 'Burstable'
}

function addPositive(totals: Totals, amounts: Requirements['requests']): void {
  for (const name of COMPUTE) {
    const amount = amounts?.[name]
    if (amount === undefined || compareQuantities(amount, '0') <= 0) continue
    totals[name] = totals[name] === undefined ? amount : addQuantities(totals[name], amount)
  }
}

const isLimited = ({ limits }: Requirements): boolean =>
  COMPUTE.every((name) => limits?.[name] !== undefined && compareQuantities(limits[name], '0') > 0)

const isEmpty = (totals: Totals): boolean => Object.keys(totals).length === 0

function areEqual(requests: Totals, limits: Totals): boolean {
  const names = Object.keys(requests)
  if (names.length !== Object.keys(limits).length) return false
  return names.every(
    (name) => limits[name] !== undefined && compareQuantities(requests[name] as string, limits[name]) === 0,
  )
}
