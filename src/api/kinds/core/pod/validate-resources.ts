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
  const limitsPath = at.child('limits')
  for (const name in limits) checkAmount(name, limits[name] as string, limitsPath, errors, checkName)
  const requestsPath = at.child('requests')
  for (const name in requests) {
    const request = requests[name] as string
    checkAmount(name, request, requestsPath, errors, checkName)
    checkAgainstLimit(name, request, limits?.[name], requestsPath, limitsPath, errors)
  }
  if (usesHugePagesAlone(requirements)) errors.forbidden(at, 'HugePages require cpu or memory')
  if (claims) checkClaimReferences(claims, claimNames, at.child('claims'), errors)
}

function checkAmount(name: string, amount: string, list: FieldPath, errors: FieldErrors, checkName: NameCheck): void {
  const at = list.key(name)
  checkName(name, at, errors)
  checkResourceQuantity(name, amount, at, errors)
  checkHugePagesDivisible(name, amount, at, errors)
}

function checkAgainstLimit(
  name: string,
  request: string,
  limit: string | undefined,
  requestsPath: FieldPath,
  limitsPath: FieldPath,
  errors: FieldErrors,
): void {
  if (limit === undefined) {
    if (!isOvercommitAllowed(name)) errors.required(limitsPath, 'Limit must be set for non overcommitable resources')
    return
  }
  if (request === limit) return
  const difference = compareQuantities(request, limit)
  if (difference !== 0 && !isOvercommitAllowed(name)) {
    errors.invalid(
      requestsPath,
      canonicalQuantity(request),
      `must be equal to ${name} limit of ${canonicalQuantity(limit)}`,
    )
  } else if (difference > 0) {
    const bound = `must be less than or equal to ${name} limit of ${canonicalQuantity(limit)}`
    errors.invalid(requestsPath, canonicalQuantity(request), bound)
  }
}

function usesHugePagesAlone({ limits = {}, requests = {} }: Requirements): boolean {
  let hugePages = false
  for (const list of [limits, requests]) {
    for (const name in list) {
      if (name === 'cpu' || name === 'memory') return false
      hugePages ||= isHugePages(name)
    }
  }
  return hugePages
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
  policies: DeepReadonly<ContainerResizePolicy[]> | undefined,
  podRestartPolicy: string | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  policies?.forEach(({ resourceName, restartPolicy }, index) => {
    if (seen.has(resourceName)) errors.duplicate(at.index(index), resourceName)
    seen.add(resourceName)
    checkRequiredChoice(resourceName, resizableResources, at, errors)
    checkRequiredChoice(restartPolicy, resizePolicies, at, errors)
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.invalid(at, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
    }
  })
}
