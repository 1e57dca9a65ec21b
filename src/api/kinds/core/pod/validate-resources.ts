import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import { canonicalQuantity, compareQuantities } from '../../../quantity.ts'
import type { ContainerResizePolicy, ResourceClaim, ResourceRequirements } from '../../../types/core.v1.ts'
import { checkRequiredChoice, choices } from '../../validation/choices.ts'
import type { At, FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkDns1123Label } from '../../validation/names.ts'
import { checkHugePagesDivisible, checkResourceQuantity } from '../../validation/quantities.ts'
import { checkContainerResourceName, isHugePages, isOvercommitAllowed } from '../../validation/resource-names.ts'

export type Requirements = DeepReadonly<ResourceRequirements>
type NameCheck = (name: string, at: At, errors: FieldErrors) => void

/** Requests and limits: known names, valid amounts, no request above its limit; claims that the pod has. */
export function checkRequirements(
  requirements: Requirements,
  claimNames: ReadonlySet<string>,
  at: FieldPath,
  errors: FieldErrors,
  checkName: NameCheck = checkContainerResourceName,
): void {
  const { limits, requests, claims } = requirements
  for (const name in limits) checkAmount(name, limits[name] as string, 'limits', at, errors, checkName)
  for (const name in requests) {
    const request = requests[name] as string
    checkAmount(name, request, 'requests', at, errors, checkName)
    checkAgainstLimit(name, request, limits?.[name], at, errors)
  }
  if (usesHugePagesAlone(requirements)) errors.forbidden(at, 'HugePages require cpu or memory')
  if (claims) checkClaimReferences(claims, claimNames, at.child('claims'), errors)
}

/** The commonest names are right everywhere, and any amount of theirs that is not negative. */
function checkAmount(
  name: string,
  amount: string,
  list: 'limits' | 'requests',
  at: FieldPath,
  errors: FieldErrors,
  checkName: NameCheck,
): void {
  if ((name === 'cpu' || name === 'memory') && !amount.startsWith('-')) return
  const entry = at.child(list).key(name)
  checkName(name, entry, errors)
  checkResourceQuantity(name, amount, entry, errors)
  checkHugePagesDivisible(name, amount, entry, errors)
}

function checkAgainstLimit(
  name: string,
  request: string,
  limit: string | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (limit === undefined) {
    if (isOvercommitAllowed(name)) return
    return errors.required(at.child('limits'), 'Limit must be set for non overcommitable resources')
  }
  if (request === limit) return
  const difference = compareQuantities(request, limit)
  if (difference !== 0 && !isOvercommitAllowed(name)) {
    const bound = `must be equal to ${name} limit of ${canonicalQuantity(limit)}`
    errors.invalid(at.child('requests'), canonicalQuantity(request), bound)
  } else if (difference > 0) {
    const bound = `must be less than or equal to ${name} limit of ${canonicalQuantity(limit)}`
    errors.invalid(at.child('requests'), canonicalQuantity(request), bound)
  }
}

function usesHugePagesAlone({ limits, requests }: Requirements): boolean {
  return !hasCompute(limits) && !hasCompute(requests) && (hasHugePages(limits) || hasHugePages(requests))
}

const hasCompute = (list: Requirements['limits']): boolean => list?.cpu !== undefined || list?.memory !== undefined

function hasHugePages(list: Requirements['limits']): boolean {
  for (const name in list) if (isHugePages(name)) return true
  return false
}

/** References to spec.resourceClaims, each claim or each request of it once. */
function checkClaimReferences(
  claims: DeepReadonly<ResourceClaim[]>,
  claimNames: ReadonlySet<string>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  for (const [index, { name, request }] of claims.entries()) {
    const item = at.index(index)
    if (!name) {
      errors.required(item)
      continue
    }
    checkFirstReference(name, request, seen, item, errors)
    if (!claimNames.has(name)) errors.notFound(item, name, whichClaims(claimNames))
  }
}

function checkFirstReference(
  name: string,
  request: string | undefined,
  seen: Set<string>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (seen.has(name)) return errors.duplicate(at, name)
  if (request) checkDns1123Label(request, at.child('request'), errors)
  const key = request ? `${name}/${request}` : name
  if (seen.has(key)) errors.duplicate(at, key)
  else if (!request && [...seen].some((other) => other.startsWith(`${name}/`))) errors.duplicate(at, name)
  seen.add(key)
}

function whichClaims(claimNames: ReadonlySet<string>): string {
  const base = 'must be one of the names in pod.spec.resourceClaims'
  return claimNames.size === 0 ? `${base} which is empty` : `${base}: ${[...claimNames].sort().join(', ')}`
}

const resizableResources = choices('cpu', 'memory')
const resizePolicies = choices('NotRequired', 'RestartContainer')

export function checkResizePolicies(
  policies: DeepReadonly<ContainerResizePolicy[]>,
  podRestartPolicy: string | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  policies.forEach(({ resourceName, restartPolicy }, index) => {
    if (seen.has(resourceName)) errors.duplicate(at.index(index), resourceName)
    seen.add(resourceName)
    checkRequiredChoice(resourceName, resizableResources, at, errors)
    checkRequiredChoice(restartPolicy, resizePolicies, at, errors)
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.invalid(at, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
    }
  })
}
