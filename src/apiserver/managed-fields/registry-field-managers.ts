import type { MergeType } from '../../api/merge-type.ts'
import type { VersionConverter, VersionedObject } from '../../api/patch/apply/managers.ts'
import { OwnableFields } from '../../api/patch/apply/ownable-fields.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { type ApiObject, groupVersion, type OwnableRule, type ResourceDefinition } from '../../api/resource.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { modelOf, tableModel } from '../registry/model-of.ts'
import type { Registry } from '../registry/registry.ts'
import { convertedTo, type ServedResource } from '../registry/served-resource.ts'
import type { FieldManager } from './field-manager.ts'
import type { FieldManagers } from './field-managers.ts'
import type { ManagedKind } from './managed-kind.ts'
import { TrackedFields } from './tracked-fields.ts'

const SCALE = { apiVersion: 'autoscaling/v1', kind: 'Scale', type: 'io.k8s.api.autoscaling.v1.Scale' } as const

/** The field managers of all that a registry serves, made when they are first asked for. */
export class RegistryFieldManagers implements FieldManagers {
  readonly scale: FieldManager
  readonly #registry: Pick<Registry, 'find'>
  readonly #clock: Clock
  readonly #managers = new WeakMap<ServedResource, Map<string, FieldManager>>()

  constructor({ registry, clock }: { registry: Pick<Registry, 'find'>; clock: Clock }) {
    this.#registry = registry
    this.#clock = clock
    this.scale = new TrackedFields(scaleKind(), clock)
  }

  of(resource: ServedResource, subresource: string): FieldManager {
    let bySubresource = this.#managers.get(resource)
    if (!bySubresource) {
      bySubresource = new Map()
      this.#managers.set(resource, bySubresource)
    }
    let manager = bySubresource.get(subresource)
    if (!manager) {
      manager = new TrackedFields(this.#kindOf(resource, subresource), this.#clock)
      bySubresource.set(subresource, manager)
    }
    return manager
  }

  #kindOf(resource: ServedResource, subresource: string): ManagedKind {
    const { definition } = resource
    const own = groupVersion(definition)
    const ownable = new OwnableFields(ownableRule(definition, subresource))
    const versionOf = (apiVersion: string) =>
      apiVersion === own ? resource : this.#find(apiVersion, definition.plural)
    return {
      apiVersion: own,
      kind: definition.kind,
      subresource,
      type: modelOf(definition).mergeType,
      empty: emptyObject(definition),
      ownable(apiVersion) {
        const other = apiVersion === own ? undefined : versionOf(apiVersion)
        return other ? new OwnableFields(ownableRule(other.definition, subresource)) : ownable
      },
      converter: versionConverter(versionOf),
    }
  }

  #find(apiVersion: string, plural: string): ServedResource | undefined {
    const [first = '', second] = apiVersion.split('/')
    return this.#registry.find(second === undefined ? '' : first, second ?? first, plural)
  }
}

function versionConverter(versionOf: (apiVersion: string) => ServedResource | undefined): VersionConverter {
  const convert = (object: VersionedObject, apiVersion: string) => {
    if (object.apiVersion === apiVersion) return object
    const [from, to] = [versionOf(object.apiVersion), versionOf(apiVersion)]
    if (!from || !to) return undefined
    const { mergeType: type } = modelOf(to.definition)
    const made = (value: ApiObject): VersionedObject => ({ apiVersion, type, value: value as unknown as JsonObject })
    const converted = convertedTo(wholeOf(object, from.definition), from, to)
    if (!converted) return undefined
    return converted instanceof Promise ? converted.then(made) : made(converted)
  }
  return { convert }
}

/** What was pruned may lack parts that every object has: as in Go, these are there with their zero values. */
function wholeOf({ value, apiVersion }: VersionedObject, definition: ResourceDefinition): DeepReadonly<ApiObject> {
  const typed = { ...value, apiVersion, kind: definition.kind }
  if (definition.model) return typed as unknown as DeepReadonly<ApiObject>
  return modelOf(definition).normalise<ApiObject>(typed, { strict: 'Ignore' }).object
}

function ownableRule({ rules, subresources }: ResourceDefinition, subresource: string): OwnableRule {
  const rule = rules.ownable?.[subresource]
  if (rule) return rule
  if (subresource === 'status') return { except: ['spec'] }
  return { except: 'status' in subresources ? ['status'] : [] }
}

function emptyObject(definition: ResourceDefinition): JsonObject {
  if (definition.model) return { metadata: {} }
  return modelOf(definition).normalise<JsonObject>({}, { strict: 'Ignore' }).object
}

/** Scale is the same kind for all that can be scaled; what others own of their objects is not seen through it. */
function scaleKind(): ManagedKind {
  const model = tableModel(SCALE.type)
  const ownable = new OwnableFields({ except: [] })
  const type: MergeType = model.mergeType
  const convert = (object: VersionedObject, apiVersion: string) =>
    object.apiVersion === apiVersion ? object : undefined
  const empty = model.normalise<JsonObject>({}, { strict: 'Ignore' }).object
  return { ...SCALE, subresource: 'scale', type, empty, ownable: () => ownable, converter: { convert } }
}
