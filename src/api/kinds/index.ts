import type { ApiObject, ResourceDefinition } from '../resource.ts'
import { schemaTable } from '../schema/schema.ts'
import { bindings } from './core/binding.ts'
import { componentStatuses } from './core/component-status.ts'
import { configMaps } from './core/config-map.ts'
import { endpoints } from './core/endpoints.ts'
import { events } from './core/event.ts'
import { limitRanges } from './core/limit-range.ts'
import { namespaces } from './core/namespace.ts'
import { nodes } from './core/node.ts'
import { persistentVolumes } from './core/persistent-volume/persistent-volume.ts'
import { persistentVolumeClaims } from './core/persistent-volume-claim/persistent-volume-claim.ts'
import { pods } from './core/pod/pod.ts'
import { podTemplates } from './core/pod-template.ts'
import { replicationControllers } from './core/replication-controller.ts'
import { resourceQuotas } from './core/resource-quota.ts'
import { secrets } from './core/secret/secret.ts'
import { services } from './core/service/service.ts'
import { serviceAccounts } from './core/service-account.ts'

/**
 * The kinds that have rules of their own, one line each. A kind is `defineResource` in its file and a line here;
 * resources of the schema table that are not listed are served with the table's facts alone.
 */
// biome-ignore lint/suspicious/noExplicitAny: a list of definitions of different object types
const definitions: readonly ResourceDefinition<any>[] = [
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
]

let resources: readonly ResourceDefinition[] | undefined

/** Every built-in resource of every version in the schema table, in its order. Built once, on first use. */
export function builtinResources(): readonly ResourceDefinition[] {
  resources ??= merged()
  return resources
}

function merged(): ResourceDefinition[] {
  const known = new Map(
    definitions.map((definition) => [keyOf(definition), definition as ResourceDefinition<ApiObject>]),
  )
  return schemaTable().resources.map((schema) => known.get(keyOf(schema)) ?? { ...schema, rules: {} })
}

const keyOf = ({ group, version, plural }: { group: string; version: string; plural: string }): string =>
  `${group}/${version}/${plural}`
