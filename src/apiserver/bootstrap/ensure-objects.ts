import type { ApiObject, ResourceRef } from '../../api/resource.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { ConfigMap } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'
import { resources } from '../../client/clientset.ts'
import {
  apiServices,
  extensionAuthentication,
  flowControl,
  namespaces,
  priorityClasses,
  serviceCidr,
} from './bootstrap-objects.ts'
import { clusterInfo, type NetworkFacts, networkConfig, vouchesFor } from './join-objects.ts'
import { reconcileRbac } from './reconcile-rbac.ts'

export interface BootstrapDeps {
  /** Acts as componentUsers.apiserver. */
  readonly client: Client
  /** PEM of both CAs. */
  readonly clusterCa: string
  readonly frontProxyCa: string
  /** `https://HOST:PORT` of a server of the cluster, for those who join it. */
  readonly server: string
  readonly network: NetworkFacts
  /** Every group and version that is served. */
  readonly served: Iterable<{ group: string; version: string }>
}

/** Makes what a fresh cluster has by itself. Safe to repeat; what an admin changed stays, what was deleted comes back. */
export async function ensureBootstrapObjects(deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  const { client } = deps
  const plain: [ResourceRef, ApiObject[]][] = [
    [resources.priorityClasses, priorityClasses()],
    [resources.serviceCIDRs, [serviceCidr([deps.network.serviceCIDR])]],
    [resources.apiServices, apiServices(deps.served)],
  ]
  await createMissing(client, resources.namespaces, namespaces(), signal)
  await Promise.all([
    reconcileRbac(client, new Set(Array.from(deps.served, ({ group }) => group)), signal),
    ensureFlowControl(client, signal),
    ensureData(client, extensionAuthentication(deps.clusterCa, deps.frontProxyCa), signal),
    ensureData(client, clusterInfo(deps.server, deps.clusterCa), signal, vouchesFor(deps.clusterCa)),
    ensureData(client, networkConfig(deps.network), signal),
    ...plain.map(([resource, objects]) => createMissing(client, resource, objects, signal)),
  ])
}

async function ensureFlowControl(client: Client, signal: AbortSignal): Promise<void> {
  const objects = flowControl()
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind)
  await createMissing(client, resources.priorityLevelConfigurations, ofKind('PriorityLevelConfiguration'), signal)
  await createMissing(client, resources.flowSchemas, ofKind('FlowSchema'), signal)
}

type Data = DeepReadonly<Record<string, string>>

/** Brings a ConfigMap to the wanted data, unless what it has will do; keys that others put in stay. */
async function ensureData(
  client: Client,
  wanted: New<ConfigMap>,
  signal: AbortSignal,
  willDo: (current: Data, wanted: Data) => boolean = hasAll,
): Promise<void> {
  await createMissing(client, resources.configMaps, [wanted], signal)
  const current = await client.configMaps.get(wanted.metadata as { name: string; namespace: string }, { signal })
  const data = wanted.data ?? {}
  if (willDo(current.data ?? {}, data)) return
  const changed = editable<ConfigMap>(current)
  changed.data = { ...changed.data, ...data }
  await client.configMaps.update(changed, { signal })
}

const hasAll = (current: Data, wanted: Data): boolean =>
  Object.entries(wanted).every(([key, value]) => current[key] === value)

async function createMissing(
  client: Client,
  ref: ResourceRef,
  wanted: readonly ApiObject[],
  signal: AbortSignal,
): Promise<void> {
  const resource = client.resource<ApiObject>(ref)
  const namespace = wanted[0]?.metadata.namespace
  const { items } = await resource.list({ signal, ...(namespace && { namespace }) })
  const existing = new Set(items.map(({ metadata }) => metadata.name))
  const missing = wanted.filter(({ metadata }) => !existing.has(metadata.name))
  await Promise.all(
    missing.map((object) => createUnlessThere(() => resource.create(object as New<ApiObject>, { signal }))),
  )
}

async function createUnlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    if (!hasReason(error, Reason.AlreadyExists)) throw error
  }
}
