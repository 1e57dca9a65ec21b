import { choices } from './choices.ts'
import type { At, FieldErrors } from './field-errors.ts'
import { qualifiedNameErrors } from './name-rules.ts'

const HUGE_PAGES = 'hugepages-'
const REQUESTS = 'requests.'
const DEFAULT_NAMESPACE = 'kubernetes.io/'

const containerResources = choices('cpu', 'memory', 'ephemeral-storage')

const countedObjects = [
  'pods',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
  'resourcequotas',
]

const quotaResources = choices(
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  ...countedObjects,
)

const standardResources = choices(...quotaResources.listed, 'storage')
const integerResources = choices(...countedObjects)

export const isHugePages = (name: string): boolean => name.startsWith(HUGE_PAGES)
/** Names of quota may be `requests.hugepages-2Mi`. */
const isQuotaHugePages = (name: string): boolean => isHugePages(name) || name.startsWith(REQUESTS + HUGE_PAGES)

/** Without a domain, or in kubernetes.io's. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes(DEFAULT_NAMESPACE)

/** A device plugin's resource, `example.com/gpu`: quota counts it as `requests.example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith(REQUESTS)) return false
  return qualifiedNameErrors(REQUESTS + name).length === 0
}

export const isStandardQuotaResource = (name: string): boolean => quotaResources.has(name) || isQuotaHugePages(name)

/** May requests be lower than limits, so that a node promises more than it has. */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name)

/** Comes in whole numbers only. */
export const isIntegerResource = (name: string): boolean => integerResources.has(name) || isExtendedResource(name)

/** Standard, or qualified by a domain. */
export function checkResourceName(name: string, at: At, errors: FieldErrors): void {
  const problems = qualifiedNameErrors(name)
  if (problems.length > 0) errors.invalidAll(at, name, problems)
  else if (!name.includes('/') && !standardResources.has(name) && !isQuotaHugePages(name)) {
    errors.invalid(at, name, 'must be a standard resource type or fully qualified')
  }
}

/** What a container may ask for: cpu, memory, ephemeral-storage, huge pages, extended resources. */
export function checkContainerResourceName(name: string, at: At, errors: FieldErrors): void {
  if (containerResources.has(name)) return
  checkResourceName(name, at, errors)
  if (!name.includes('/')) {
    if (!isHugePages(name)) errors.invalid(at, name, 'must be a standard resource for containers')
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.invalid(at, name, "doesn't follow extended resource name standard")
  }
}

/** What a quota may limit. */
export function checkQuotaResourceName(name: string, at: At, errors: FieldErrors): void {
  checkResourceName(name, at, errors)
  if (!name.includes('/') && !isStandardQuotaResource(name)) {
    errors.invalid(at, name, 'must be a standard resource for quota')
  }
}
