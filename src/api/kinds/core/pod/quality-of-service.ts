import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import { addQuantities, compareQuantities, isPositive } from '../../../quantity.ts'
import type { PodSpec, ResourceRequirements } from '../../../types/core.v1.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const COMPUTE = ['cpu', 'memory'] as const
type Requirements = DeepReadonly<ResourceRequirements>
type Totals = Record<string, string>
const NOTHING: Requirements = {}

/**
 * The pod's class from what it asks for: nothing is BestEffort; limits for cpu and memory everywhere, with equal
 * requests, is Guaranteed. What the pod asks for as a whole counts alone.
 */
export function qosClassOf(spec: DeepReadonly<PodSpec>): QosClass {
  const requests: Totals = {}
  const limits: Totals = {}
  let everyPartIsLimited = true
  const addPart = (part: Requirements = NOTHING): void => {
    addPositive(requests, part.requests)
    addPositive(limits, part.limits)
    everyPartIsLimited &&= isLimited(part)
  }
  if (spec.resources) addPart(spec.resources)
  else {
    for (const { resources } of spec.containers ?? []) addPart(resources)
    for (const { resources } of spec.initContainers ?? []) addPart(resources)
  }
  if (isEmpty(requests) && isEmpty(limits)) return 'BestEffort'
  return everyPartIsLimited && areEqual(requests, limits) ? 'Guaranteed' : 'Burstable'
}

function addPositive(totals: Totals, amounts: Requirements['requests']): void {
  if (!amounts) return
  for (const name of COMPUTE) {
    const amount = amounts[name]
    if (amount === undefined || !isPositive(amount)) continue
    totals[name] = totals[name] === undefined ? amount : addQuantities(totals[name], amount)
  }
}

const isLimited = ({ limits }: Requirements): boolean =>
  limits !== undefined && COMPUTE.every((name) => limits[name] !== undefined && isPositive(limits[name]))

function isEmpty(totals: Totals): boolean {
  for (const _name in totals) return false
  return true
}

function areEqual(requests: Totals, limits: Totals): boolean {
  const names = Object.keys(requests)
  if (names.length !== Object.keys(limits).length) return false
  return names.every(
    (name) => limits[name] !== undefined && compareQuantities(requests[name] as string, limits[name]) === 0,
  )
}
