import { canonicalQuantity, compareQuantities, parseQuantity } from '../../../../api/quantity.ts'
import type { LimitRangeItem, PersistentVolumeClaim, Pod } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import { podTotals } from './pod-totals.ts'

type Amounts = Readonly<Record<string, string>>
type Item = DeepReadonly<LimitRangeItem>

/** What something asks for, of all resources. */
export interface Asked {
  readonly requests: Amounts
  readonly limits: Amounts
}

/** How a pod breaks one item of a LimitRange, in upstream's words. */
export function podProblems(pod: DeepReadonly<Pod>, item: Item): string[] {
  if (item.type === 'Pod') return problems(item, podTotals(pod))
  if (item.type !== 'Container') return []
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  return containers.flatMap(({ resources }) =>
    problems(item, { requests: resources?.requests ?? {}, limits: resources?.limits ?? {} }),
  )
}

/** Claims have requests only, so a maximum is one of the request. */
export function claimProblems(claim: DeepReadonly<PersistentVolumeClaim>, item: Item): string[] {
  if (item.type !== 'PersistentVolumeClaim') return []
  const requests = claim.spec.resources?.requests ?? {}
  const { maxLimitRequestRatio: _ratio, max, ...minimum } = item
  return [
    ...problems(minimum, { requests, limits: {} }),
    ...each(max, (name, bound) => aboveRequest(item.type, name, bound, requests[name])),
  ]
}

function problems(item: Item, { requests, limits }: Asked): string[] {
  const { type } = item
  return [
    ...each(item.min, (name, bound) => belowMinimum(type, name, bound, requests[name], limits[name])),
    ...each(item.max, (name, bound) => aboveMaximum(type, name, bound, requests[name], limits[name])),
    ...each(item.maxLimitRequestRatio, (name, bound) => aboveRatio(type, name, bound, requests[name], limits[name])),
  ]
}

function each(bounds: Amounts = {}, check: (name: string, bound: string) => string | undefined): string[] {
  return Object.entries(bounds)
    .map(([name, bound]) => check(name, bound))
    .filter((problem) => problem !== undefined)
}

function belowMinimum(type: string, name: string, bound: string, request?: string, limit?: string): string | undefined {
  const rule = `minimum ${name} usage per ${type} is ${canonicalQuantity(bound)}`
  if (request === undefined) return `${rule}.  No request is specified`
  if (compareQuantities(request, bound) < 0) return `${rule}, but request is ${canonicalQuantity(request)}`
  if (limit === undefined || compareQuantities(limit, bound) >= 0) return undefined
  return `${rule}, but limit is ${canonicalQuantity(limit)}`
}

function aboveMaximum(type: string, name: string, bound: string, request?: string, limit?: string): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${canonicalQuantity(bound)}`
  if (limit === undefined) return `${rule}.  No limit is specified`
  if (compareQuantities(limit, bound) > 0) return `${rule}, but limit is ${canonicalQuantity(limit)}`
  if (request === undefined || compareQuantities(request, bound) <= 0) return undefined
  return `${rule}, but request is ${canonicalQuantity(request)}`
}

function aboveRequest(type: string, name: string, bound: string, request?: string): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${canonicalQuantity(bound)}`
  if (request === undefined) return `${rule}.  No request is specified`
  return compareQuantities(request, bound) > 0 ? `${rule}, but request is ${canonicalQuantity(request)}` : undefined
}

function aboveRatio(type: string, name: string, bound: string, request?: string, limit?: string): string | undefined {
  const rule = `${name} max limit to request ratio per ${type} is ${canonicalQuantity(bound)}`
  const amount = (text: string | undefined) => Number(parseQuantity(text ?? '0').nanos)
  if (amount(request) === 0) return `${rule}, but no request is specified or request is 0`
  if (amount(limit) === 0) return `${rule}, but no limit is specified or limit is 0`
  const ratio = amount(limit) / amount(request)
  return ratio > amount(bound) / 1e9 ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined
}
