import type { ResourceDefinition, ResourceRef } from '../../api/resource.ts'
import { groupVersion } from '../../api/resource.ts'
import type { Clock } from '../../base/clock.ts'
import type { Store } from '../../store/store.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import { conversionBetween, STORED_ELSEWHERE } from './conversions/index.ts'
import { ResourceStorage } from './resource-storage.ts'
import { compareVersions, isServed, type RuntimeConfig } from './runtime-config.ts'
import { ServedResource } from './served-resource.ts'
import type { StorageHooks } from './storage-hooks.ts'
import { storagePrefix } from './storage-prefix.ts'

export interface RegistryOptions {
  /** Every resource that the program knows, served or not. */
  readonly definitions: readonly ResourceDefinition[]
  readonly runtimeConfig?: RuntimeConfig
  readonly store: Store
  readonly clock: Clock
  /** What kinds do around their writes, by group-qualified plural: `services`. */
  readonly hooks?: Readonly<Record<string, StorageHooks>>
  /** Makes the cache of a stored resource; called once for each. */
  cacheOf(definition: ResourceDefinition, prefix: string): WatchCache
}

/** The resources that this server serves. One version of each kind is stored, the others are views of it. */
export class Registry {
  readonly resources: readonly ServedResource[]
  /** Each kind that has objects, once. */
  readonly storages: readonly ResourceStorage[]
  readonly #byPath = new Map<string, ServedResource>()
  readonly #groups: ReadonlySet<string>

  constructor(options: RegistryOptions) {
    const served = options.definitions.filter((definition) => isServed(definition, options.runtimeConfig ?? {}))
    const storages = new Map<string, ResourceStorage>()
    const storageOf = (definition: ResourceDefinition): ResourceStorage => {
      const key = storedName(definition)
      let storage = storages.get(key)
      if (!storage) {
        const stored = storedVersion(key, served)
        const cache = options.cacheOf(stored, storagePrefix(stored))
        const { store, clock, hooks } = options
        storage = new ResourceStorage({ definition: stored, store, clock, cache, hooks: hooks?.[key] ?? {} })
        storages.set(key, storage)
      }
      return storage
    }
    this.resources = served.map((definition) => servedResource(definition, storageOf))
    this.storages = [...storages.values()]
    this.#groups = new Set(served.map(({ group }) => group))
    for (const resource of this.resources) this.#byPath.set(pathKey(resource.definition), resource)
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`)
  }

  /** The storage of a kind in whatever version, e.g. `('', 'pods')`. */
  storage(group: string, plural: string): ResourceStorage | undefined {
    return this.storages.find(({ definition }) => definition.group === group && definition.plural === plural)
  }

  hasGroup(group: string): boolean {
    return this.#groups.has(group)
  }

  /** The group versions served, e.g. `apps/v1`, in the order of the definitions. */
  groupVersions(): string[] {
    return [...new Set(this.resources.map(({ definition }) => groupVersion(definition)))]
  }
}

const pathKey = ({ group, version, plural }: ResourceRef): string => `${group}/${version}/${plural}`

const storedName = ({ group, plural }: ResourceDefinition): string => {
  const name = group === '' ? plural : `${plural}.${group}`
  return STORED_ELSEWHERE[name] ?? name
}

/** The most stable, newest version among those served. */
function storedVersion(name: string, served: readonly ResourceDefinition[]): ResourceDefinition {
  const own = served.filter(({ group, plural }) => (group === '' ? plural : `${plural}.${group}`) === name)
  const [best] = own.sort((left, right) => compareVersions(left.version, right.version))
  if (!best) throw new Error(`no served version of ${name} to store`)
  return best
}

function servedResource(
  definition: ResourceDefinition,
  storageOf: (definition: ResourceDefinition) => ResourceStorage,
): ServedResource {
  if (!definition.verbs.includes('get') || definition.kind === 'ComponentStatus') return new ServedResource(definition)
  const storage = storageOf(definition)
  return new ServedResource(definition, storage, conversionBetween(definition, storage.definition))
}
