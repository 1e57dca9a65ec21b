import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import { canonicalQuantity, compareQuantities } from '../../../quantity.ts'
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../../types/core.v1.ts'
import { type Choices, choices } from '../../validation/choices.ts'
import { dataKeyErrors, environmentNameErrors } from '../../validation/data-keys.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkDns1123Subdomain, checkQualifiedName, checkRequiredLabel } from '../../validation/names.ts'
import { checkNoBacksteps } from '../../validation/paths.ts'

const variableFields = choices(
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
)

/** Every field that the downward API knows, for variables or volumes. */
const downwardFields = choices(
  ...variableFields.listed,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
)

const resourceFields = choices(
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
)

export function checkEnvironment(variables: DeepReadonly<EnvVar[]>, at: FieldPath, errors: FieldErrors): void {
  variables.forEach(({ name, value, valueFrom }, index) => {
    const problems = name ? environmentNameErrors(name) : NONE
    if (!name) errors.required(at.index(index).child('name'))
    else if (problems.length > 0) errors.invalidAll(at.index(index).child('name'), name, problems)
    if (valueFrom) checkSource(valueFrom, value, at.index(index).child('valueFrom'), errors)
  })
}

const NONE: readonly string[] = []

const sourceNames = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const

function checkSource(
  source: DeepReadonly<EnvVarSource>,
  value: string | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (source.fieldRef) checkFieldSelector(source.fieldRef, variableFields, at.child('fieldRef'), errors)
  if (source.resourceFieldRef) {
    checkResourceFieldSelector(source.resourceFieldRef, at.child('resourceFieldRef'), errors, { needsContainer: false })
  }
  if (source.configMapKeyRef) checkKeySelector(source.configMapKeyRef, at.child('configMapKeyRef'), errors)
  if (source.secretKeyRef) checkKeySelector(source.secretKeyRef, at.child('secretKeyRef'), errors)
  if (source.fileKeyRef) checkFileKey(source.fileKeyRef, at.child('fileKeyRef'), errors)

  const count = sourceNames.filter((name) => source[name]).length
  if (count === 0) {
    const names = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    errors.invalid(at, '', `must specify one of: ${names}`)
  } else if (value) errors.invalid(at, '', 'may not be specified when `value` is not empty')
  else if (count > 1) errors.invalid(at, '', 'may not have more than one field specified at a time')
}

const SUBSCRIPTED = /^([^[]+)\['(.*)'\]$/

/** A field of the pod, of which `allowed` may be used here: `metadata.labels['app']` or `status.podIP`. */
export function checkFieldSelector(
  selector: DeepReadonly<ObjectFieldSelector>,
  allowed: Choices,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!selector.apiVersion) return errors.required(at.child('apiVersion'))
  const { fieldPath } = selector
  if (!fieldPath) return errors.required(at.child('fieldPath'))
  const subscript = fieldPath.endsWith("']") ? SUBSCRIPTED.exec(fieldPath) : null
  const problem = unknownField(selector.apiVersion, fieldPath, subscript?.[1])
  if (problem) errors.invalid(at.child('fieldPath'), fieldPath, `error converting fieldPath: ${problem}`)
  else if (subscript) checkSubscript(subscript[1] as string, subscript[2] as string, at, errors)
  else if (!allowed.has(currentName(fieldPath))) {
    errors.notSupported(at.child('fieldPath'), fieldPath, allowed.listed)
  }
}

/** Clients of the first days say `spec.host`. */
const currentName = (fieldPath: string): string => (fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath)

function unknownField(apiVersion: string, fieldPath: string, subscripted: string | undefined): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`
  if (subscripted !== undefined) {
    const isMap = subscripted === 'metadata.annotations' || subscripted === 'metadata.labels'
    return isMap ? undefined : `field label does not support subscript: ${fieldPath}`
  }
  return downwardFields.has(currentName(fieldPath)) ? undefined : `field label not supported: ${fieldPath}`
}

/** A key of the labels or annotations; annotations' keys may have capitals. */
function checkSubscript(path: string, key: string, at: FieldPath, errors: FieldErrors): void {
  checkQualifiedName(path === 'metadata.annotations' ? key.toLowerCase() : key, at, errors)
}

const HUGE_PAGES_FIELD = /^(requests|limits)\.hugepages-/

/** A container's request or limit. In a volume the container has to be named. */
export function checkResourceFieldSelector(
  selector: DeepReadonly<ResourceFieldSelector>,
  at: FieldPath,
  errors: FieldErrors,
  { needsContainer }: { needsContainer: boolean },
): void {
  const { containerName, resource, divisor } = selector
  if (needsContainer && !containerName) errors.required(at.child('containerName'))
  else if (!resource) errors.required(at.child('resource'))
  else if (!resourceFields.has(resource) && !HUGE_PAGES_FIELD.test(resource)) {
    errors.notSupported(at.child('resource'), resource, resourceFields.listed)
  }
  if (divisor !== undefined) checkDivisor(resource, divisor, at.child('divisor'), errors)
}

const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']

function checkDivisor(resource: string, divisor: string, at: FieldPath, errors: FieldErrors): void {
  if (divisor === '0' || compareQuantities(divisor, '0') === 0) return
  const subject = resource.slice(resource.indexOf('.') + 1)
  const text = canonicalQuantity(divisor)
  if (subject === 'cpu') {
    if (text === '1m' || text === '1') return
    errors.invalid(at, resource, "only divisor's values 1m and 1 are supported with the cpu resource")
  } else if (!BYTE_DIVISORS.includes(text)) {
    const name = divisorSubjects.find(([prefix]) => subject.startsWith(prefix))?.[1]
    if (name === undefined) return
    errors.invalid(
      at,
      resource,
      `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the ${name} resource`,
    )
  }
}

const divisorSubjects = [
  ['memory', 'memory'],
  ['ephemeral-storage', 'local ephemeral storage'],
  ['hugepages-', 'hugepages'],
] as const

function checkKeySelector(
  { name = '', key }: { readonly name?: string; readonly key: string },
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkDns1123Subdomain(name, at.child('name'), errors)
  if (!key) errors.required(at.child('key'))
  else errors.invalidAll(at.child('key'), key, dataKeyErrors(key))
}

function checkFileKey(selector: DeepReadonly<FileKeySelector>, at: FieldPath, errors: FieldErrors): void {
  if (!selector.key) errors.required(at.child('key'))
  else errors.invalidAll(at.child('key'), selector.key, environmentNameErrors(selector.key))
  checkRequiredLabel(selector.volumeName, at.child('volumeName'), errors)
  if (!selector.path) errors.required(at.child('path'))
  else checkNoBacksteps(selector.path, at.child('path'), errors)
}

export function checkEnvironmentFrom(sources: DeepReadonly<EnvFromSource[]>, at: FieldPath, errors: FieldErrors): void {
  sources.forEach(({ prefix, configMapRef, secretRef }, index) => {
    const item = at.index(index)
    if (prefix) errors.invalidAll(item.child('prefix'), prefix, environmentNameErrors(prefix))
    if (configMapRef) checkReferredName(configMapRef.name, item.child('configMapRef').child('name'), errors)
    if (secretRef) checkReferredName(secretRef.name, item.child('secretRef').child('name'), errors)
    if (!configMapRef && !secretRef) errors.invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`')
    else if (configMapRef && secretRef) errors.invalid(at, '', 'may not have more than one field specified at a time')
  })
}

function checkReferredName(name: string | undefined, at: FieldPath, errors: FieldErrors): void {
  if (name) checkDns1123Subdomain(name, at, errors)
  else errors.required(at)
}
