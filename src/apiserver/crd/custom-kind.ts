import { type CustomModel, customModel } from '../../api/crd/index.ts'
import type { ResourceDefinition } from '../../api/resource.ts'
import { groupVersion } from '../../api/resource.ts'
import type { SubresourceSchema } from '../../api/schema/schema.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../api/types/apiextensions.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Store } from '../../store/store.ts'
import { ResourceStorage } from '../registry/resource-storage.ts'
import { ServedResource } from '../registry/served-resource.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import { isTrue } from './conditions.ts'
import { CustomForm, type RemoteConversion } from './custom-form.ts'
import { customRules } from './custom-rules.ts'
import { deprecationWarning } from './deprecation-warning.ts'

type Definition = DeepReadonly<CustomResourceDefinition>
type Version = DeepReadonly<CustomResourceDefinitionVersion>

export interface CustomKindDeps {
  readonly store: Store
  readonly clock: Clock
  /** Asks a definition's conversion webhook. */
  conversionOf(definition: Definition): RemoteConversion
  cacheOf(resource: { group: string; plural: string }, prefix: string): WatchCache
}

/** What serves a definition: a resource for each served version, and the storage version's even if that is not served. */
export interface CustomKind {
  readonly served: readonly ServedResource[]
  readonly stored: ServedResource
}

/** In the order in which discovery shows them. */
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const OF_SUBRESOURCES = ['get', 'patch', 'update']

/** Where the objects of a definition are in the store: below group and plural, as upstream. */
export const customPrefix = ({ spec }: Definition): string => `/registry/${spec.group}/${spec.names.plural}/`

/** Makes what serves a definition. Cheap: schemas and columns are compiled when they are first needed. */
export function customKind(definition: Definition, deps: CustomKindDeps): CustomKind {
  const { spec } = definition
  const models = new Map(spec.versions.map(({ name }) => [name, customModel(definition, name)]))
  const conversion = spec.conversion?.strategy === 'Webhook' ? deps.conversionOf(definition) : undefined
  const storageVersion = storageVersionOf(definition)
  const prefix = customPrefix(definition)
  const cache = deps.cacheOf({ group: spec.group, plural: spec.names.plural }, prefix)
  const resourceOf = (version: Version): ServedResource => {
    const resource = resourceDefinition(definition, version, models.get(version.name) as CustomModel)
    const form = new CustomForm({
      group: spec.group,
      version: version.name,
      storageVersion,
      model: (name) => models.get(name),
      ...(conversion && { conversion }),
    })
    const { store, clock } = deps
    return new ServedResource(
      resource,
      new ResourceStorage({ definition: resource, store, clock, cache, prefix, form }),
    )
  }
  const all = spec.versions.map((version) => ({ version, resource: resourceOf(version) }))
  return {
    served: all.filter(({ version }) => version.served).map(({ resource }) => resource),
    stored: all.find(({ version }) => version.storage)?.resource as ServedResource,
  }
}

const storageVersionOf = ({ spec }: Definition): string => spec.versions.find(({ storage }) => storage)?.name as string

function resourceDefinition(definition: Definition, version: Version, model: CustomModel): ResourceDefinition {
  const { spec, status } = definition
  const { acceptedNames = spec.names } = status
  const { plural, kind, singular = '', listKind, shortNames, categories } = acceptedNames
  const at = { group: spec.group, version: version.name }
  const warning = deprecationWarning(definition, version.name)
  return {
    ...at,
    kind,
    plural,
    singular,
    ...(listKind && { listKind }),
    ...(shortNames && { shortNames }),
    ...(categories && { categories }),
    namespaced: spec.scope === 'Namespaced',
    verbs: VERBS,
    storageVersion: storageVersionOf(definition),
    subresources: subresources({ ...at, kind }, version),
    type: `${at.group}.${at.version}.${kind}`,
    model,
    rules: customRules({ kind, apiVersion: groupVersion(at), version }, model),
    ...(version.schema?.openAPIV3Schema && { openApiSchema: version.schema.openAPIV3Schema }),
    ...(warning !== undefined && { deprecationWarning: warning }),
    ...(isTrue(definition, 'Terminating') && { isTerminating: true }),
  }
}

function subresources(
  kind: Omit<SubresourceSchema, 'verbs'>,
  { subresources }: Version,
): Record<string, SubresourceSchema> {
  return {
    ...(subresources?.status && { status: { ...kind, verbs: OF_SUBRESOURCES } }),
    ...(subresources?.scale && {
      scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: OF_SUBRESOURCES },
    }),
  }
}
