import { hasReason, Reason } from '../../api/status-error.ts'
import type { ConfigMap, EnvVar, Secret, Service } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ContainerSpec, PodView } from '../pods/pod.ts'
import { allContainers } from '../pods/pod.ts'
import { expand } from './expansion.ts'
import type { PodAddresses } from './field-ref.ts'
import { podField, resourceField } from './field-ref.ts'
import { serviceEnvironment, servicesFor } from './service-env.ts'

type EnvVarView = DeepReadonly<EnvVar>

export interface EnvironmentDeps {
  configMap(namespace: string, name: string, signal: AbortSignal): Promise<DeepReadonly<ConfigMap>>
  secret(namespace: string, name: string, signal: AbortSignal): Promise<DeepReadonly<Secret>>
  services(): readonly DeepReadonly<Service>[]
  allocatable(): Readonly<Record<string, string>>
}

/** Keys of a config map or secret that cannot be names of variables, to be reported and passed over. */
export type ReportSkippedKeys = (source: string, keys: readonly string[]) => void

/**
 * The environment of a container: `envFrom`, then `env` with `$(NAME)` replaced by what came before, then addresses of
 * services where the name is free. Rejects with the text for CreateContainerConfigError.
 */
export async function containerEnvironment(
  pod: PodView,
  container: ContainerSpec,
  addresses: PodAddresses,
  deps: EnvironmentDeps,
  reportSkipped: ReportSkippedKeys,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const links = pod.spec.enableServiceLinks !== false
  const services = serviceEnvironment(servicesFor(deps.services(), pod.metadata.namespace, links))
  const env = await environmentFrom(pod, container, deps, reportSkipped, signal)
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await valueFrom(pod, container, variable, addresses, deps, signal)
      : expand(variable.value ?? '', (name) => env.get(name) ?? services.get(name))
    if (value !== undefined) env.set(variable.name, value)
  }
  for (const [name, value] of services) if (!env.has(name)) env.set(name, value)
  return env
}

async function environmentFrom(
  pod: PodView,
  container: ContainerSpec,
  deps: EnvironmentDeps,
  reportSkipped: ReportSkippedKeys,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const env = new Map<string, string>()
  const { namespace } = pod.metadata
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const skipped: string[] = []
    const entries = configMapRef
      ? Object.entries((await configMapIfThere(deps, namespace, configMapRef, signal))?.data ?? {})
      : secretRef
        ? decoded((await secretIfThere(deps, namespace, secretRef, signal))?.data)
        : []
    for (const [key, value] of entries) {
      if (isVariableName(prefix + key)) env.set(prefix + key, value)
      else skipped.push(prefix + key)
    }
    const source = configMapRef
      ? `configMap "${namespace}/${configMapRef.name}"`
      : `secret "${namespace}/${secretRef?.name}"`
    if (skipped.length > 0) reportSkipped(source, skipped.sort())
  }
  return env
}

/** Printable ASCII without `=` (KEP-4369). */
const isVariableName = (name: string): boolean => /^[\x20-\x3c\x3e-\x7e]+$/.test(name)

const decoded = (data: Readonly<Record<string, string>> | undefined): [string, string][] =>
  Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()])

type Reference = { readonly name?: string; readonly optional?: boolean }

function configMapIfThere(deps: EnvironmentDeps, namespace: string, reference: Reference, signal: AbortSignal) {
  return unlessMissing(deps.configMap(namespace, reference.name ?? '', signal), 'configmap', reference)
}

function secretIfThere(deps: EnvironmentDeps, namespace: string, reference: Reference, signal: AbortSignal) {
  return unlessMissing(deps.secret(namespace, reference.name ?? '', signal), 'secret', reference)
}

/** A kubelet names the kind, where the API server names the resource: `configmap "a" not found`. */
async function unlessMissing<T>(
  found: Promise<T>,
  kind: string,
  { name, optional }: Reference,
): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (!hasReason(error, Reason.NotFound)) throw error
    if (optional) return undefined
    throw new Error(`${kind} ${JSON.stringify(name)} not found`, { cause: error })
  }
}

async function valueFrom(
  pod: PodView,
  container: ContainerSpec,
  { valueFrom: source = {} }: EnvVarView,
  addresses: PodAddresses,
  deps: EnvironmentDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace } = pod.metadata
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source
  if (fieldRef) {
    const value = podField(pod, fieldRef.fieldPath, addresses)
    if (value === undefined) throw new Error(`unsupported fieldPath: ${fieldRef.fieldPath}`)
    return value
  }
  if (resourceFieldRef) return resourceValue(pod, container, resourceFieldRef, deps)
  if (configMapKeyRef) {
    const { name = '', key, optional } = configMapKeyRef
    const data = (await configMapIfThere(deps, namespace, configMapKeyRef, signal))?.data ?? {}
    return keyOf(data, key, optional, `couldn't find key ${key} in ConfigMap ${namespace}/${name}`)
  }
  if (secretKeyRef) {
    const { name = '', key, optional } = secretKeyRef
    const data = (await secretIfThere(deps, namespace, secretKeyRef, signal))?.data ?? {}
    const value = keyOf(data, key, optional, `couldn't find key ${key} in Secret ${namespace}/${name}`)
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString()
  }
  return undefined
}

function keyOf(data: Readonly<Record<string, string>>, key: string, optional: boolean | undefined, missing: string) {
  const value = data[key]
  if (value === undefined && !optional) throw new Error(missing)
  return value
}

function resourceValue(
  pod: PodView,
  container: ContainerSpec,
  reference: { readonly containerName?: string; readonly resource: string; readonly divisor?: string },
  deps: EnvironmentDeps,
): string {
  const { containerName } = reference
  const subject = containerName ? allContainers(pod).find(({ name }) => name === containerName) : container
  if (!subject) throw new Error(`container ${containerName} not found`)
  const value = resourceField(subject, reference, deps.allocatable())
  if (value === undefined) throw new Error(`unsupported container resource : ${reference.resource}`)
  return value
}
