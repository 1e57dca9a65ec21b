import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../../types/core.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { choices } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkResourceQuantity, type ResourceList } from '../validation/quantities.ts'
import { checkQuotaResourceName, isStandardQuotaResource } from '../validation/resource-names.ts'
import { roundUpToMilli } from './resources.ts'

type Quota = DeepReadonly<ResourceQuota>

const specPath = FieldPath.of('spec')
const statusPath = FieldPath.of('status')

export const resourceQuotas = defineResource<ResourceQuota>('v1', 'resourcequotas', {
  default: ({ spec, status }) => {
    roundUpToMilli(spec?.hard)
    roundUpToMilli(status?.hard)
    roundUpToMilli(status?.used)
  },
  prepareCreate: (quota) => {
    quota.status = {}
  },
  validate: (quota) => collect((errors) => checkQuota(quota, errors)),
  validateUpdate: (quota, { old, subresource }) =>
    collect((errors) => {
      if (subresource === 'status') checkStatus(quota, errors)
      else if (!sameScopes(quota, old)) errors.invalid('spec.scopes', quota.spec?.scopes ?? null, 'field is immutable')
    }),
  generation: false,
  columns: [
    nameColumn,
    { header: 'Request', cell: (quota) => amounts(quota, (name) => !isLimit(name)) },
    { header: 'Limit', cell: (quota) => amounts(quota, isLimit) },
    ageColumn,
  ],
})

const isLimit = (name: string): boolean => name.startsWith('limits.')

/** `cpu: 1/2, memory: 1Gi/4Gi`: used of hard. */
function amounts({ status }: Quota, wanted: (name: string) => boolean): string {
  const hard = status?.hard ?? {}
  const names = Object.keys(hard).filter(wanted).sort()
  return names.map((name) => `${name}: ${status?.used?.[name] ?? '0'}/${hard[name]}`).join(', ')
}

const sameScopes = (a: Quota, b: Quota): boolean => {
  const [now, before] = [new Set<string>(a.spec?.scopes), new Set<string>(b.spec?.scopes)]
  return now.size === before.size && [...now].every((scope) => before.has(scope))
}

function checkQuota({ spec }: Quota, errors: FieldErrors): void {
  if (!spec) return
  checkAmounts(spec.hard, specPath.child('hard'), errors)
  checkScopes(spec, specPath.child('scopes'), errors)
  checkSelector(spec, specPath.child('scopeSelector.matchExpressions'), errors)
}

function checkStatus({ status }: Quota, errors: FieldErrors): void {
  checkAmounts(status?.hard, statusPath.child('hard'), errors)
  checkAmounts(status?.used, statusPath.child('used'), errors)
}

function checkAmounts(list: ResourceList, at: FieldPath, errors: FieldErrors): void {
  for (const name in list) {
    checkQuotaResourceName(name, at.key(name), errors)
    checkResourceQuantity(name, list[name] as string, at.key(name), errors)
  }
}

type Spec = NonNullable<Quota['spec']>

const standardScopes = choices(
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
)
const podResources = choices('pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory')
const claimResources = choices('persistentvolumeclaims', 'requests.storage')
/** Scopes that are there or not: they have no values. */
const plainScopes = choices('Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity')

/** Does a scope tell apart objects that this resource counts. */
function scopeFits(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods'
  if (scope === 'VolumeAttributesClass') return claimResources.has(resource)
  return !standardScopes.has(scope) || podResources.has(resource)
}

function checkScopes({ hard, scopes = [] }: Spec, at: FieldPath, errors: FieldErrors): void {
  for (const scope of scopes) {
    if (!standardScopes.has(scope)) errors.invalid(at, scopes, 'unsupported scope')
    for (const name in hard) {
      if (isStandardQuotaResource(name) && !scopeFits(scope, name)) {
        errors.invalid(at, scopes, 'unsupported scope applied to resource')
      }
    }
  }
  if (hasConflict(scopes)) errors.invalid(at, scopes, 'conflicting scopes')
}

const hasConflict = (scopes: readonly string[]): boolean =>
  (scopes.includes('BestEffort') && scopes.includes('NotBestEffort')) ||
  (scopes.includes('Terminating') && scopes.includes('NotTerminating'))

function checkSelector({ hard, scopes = [], scopeSelector }: Spec, at: FieldPath, errors: FieldErrors): void {
  const requirements = scopeSelector?.matchExpressions ?? []
  for (const requirement of requirements) {
    const scope = requirement.scopeName
    if (!standardScopes.has(scope)) errors.invalid(at.child('scopeName'), scope, 'unsupported scope')
    for (const name in hard) {
      if (isStandardQuotaResource(name) && !scopeFits(scope, name)) {
        errors.invalid(at, scopeSelector, 'unsupported scope applied to resource')
      }
    }
    checkOperator(requirement, at, errors)
  }
  if (hasConflict(requirements.map(({ scopeName }) => scopeName))) {
    errors.invalid(specPath.child('scopeSelector.scopes'), scopes, 'conflicting scopes')
  }
}

function checkOperator(
  { scopeName, operator, values = [] }: DeepReadonly<ScopedResourceSelectorRequirement>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (plainScopes.has(scopeName) && operator !== 'Exists') {
    const list = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort'].map(
      (name) => `ResourceQuotaScope${name}`,
    )
    const problem = `must be 'Exist' when scope is any of ${list.join(', ')} or ResourceQuotaScopeCrossNamespacePodAffinity`
    errors.invalid(at.child('operator'), operator, problem)
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return
    const problem = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
    errors.required(at.child('values'), problem)
  } else if (operator !== 'Exists' && operator !== 'DoesNotExist') {
    errors.invalid(at.child('operator'), operator, 'not a valid selector operator')
  } else if (values.length > 0) {
    const problem = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
    errors.invalid(at.child('values'), values, problem)
  }
}
