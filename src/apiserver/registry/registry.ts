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

/** What one change of the registry took away and brought: the versions of one kind. */
export interface RegistryChange {
  /** The name under which the kind was installed. */
  readonly name: string
  readonly removed: readonly ServedResource[]
  readonly added: readonly ServedResource[]
}

/**
 * The resources that this server serves: those of the program, and kinds that are installed and removed at run time. One
 * version of each kind is stored, the others are views of it. A change costs as much as the kind it is about; what is made
 * of all resources together is made again when it is next asked for.
 */
export class Registry {
  /** Each kind of the program that has objects, once. */
  readonly storages: readonly ResourceStorage[]
  readonly #builtIn: readonly ServedResource[]
  readonly #groups: ReadonlySet<string>
  /** Kinds installed at run time: no two share a path, and none has that of a built-in resource. */
  readonly #installed = new Map<string, readonly ServedResource[]>()
  readonly #byPath = new Map<string, ServedResource>()
  /** By group and plural; the storage of one of its versions where each has its own. */
  readonly #storages = new Map<string, ResourceStorage>()
  readonly #listeners = new Set<(change: RegistryChange) => void>()
  #resources: readonly ServedResource[] | undefined
  #definitions: readonly ResourceDefinition[] | undefined

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
    this.#builtIn = served.map((definition) => servedResource(definition, storageOf))
    this.storages = [...storages.values()]
    this.#groups = new Set(served.map(({ group }) => group))
    for (const resource of this.#builtIn) this.#add(resource)
  }

  /** Everything that is served now; a new array whenever that has changed. */
  get resources(): readonly ServedResource[] {
    this.#resources ??= [...this.#builtIn, ...[...this.#installed.values()].flat()]
    return this.#resources
  }

  /** The definitions of `resources`; a new array whenever something has changed. */
  get definitions(): readonly ResourceDefinition[] {
    this.#definitions ??= this.resources.map(({ definition }) => definition)
    return this.#definitions
  }

  /**
   * Serves these versions of a kind from now on, in the place of those that were installed under the same name. Requests
   * that have found a replaced resource already end with it. Throws when another kind has one of the paths.
   */
  install(name: string, resources: readonly ServedResource[]): void {
    const removed = this.#installed.get(name) ?? []
    for (const { definition } of resources) {
      const there = this.#byPath.get(pathKey(definition))
      if (there && !removed.includes(there)) throw new Error(`${pathKey(definition)} is served already`)
    }
    for (const resource of removed) this.#drop(resource)
    for (const resource of resources) this.#add(resource)
    if (resources.length > 0) this.#installed.set(name, resources)
    else this.#installed.delete(name)
    this.#resources = undefined
    this.#definitions = undefined
    if (removed.length > 0 || resources.length > 0) this.#tell({ name, removed, added: resources })
  }

  /** Serves the kind that was installed under this name no longer. */
  remove(name: string): void {
    this.install(name, [])
  }

  /** Tells of every change right after it, until the function returned is called. A listener must not throw. */
  onChange(listener: (change: RegistryChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`)
  }

  /** The storage of a kind in whatever version, e.g. `('', 'pods')`. */
  storage(group: string, plural: string): ResourceStorage | undefined {
    return this.#storages.get(`${group}/${plural}`)
  }

  /** Whether the program itself has resources of this group; what is missing in others is a page not found. */
  hasBuiltInGroup(group: string): boolean {
    return this.#groups.has(group)
  }

  /** The group versions served, e.g. `apps/v1`, in the order of the definitions. */
  groupVersions(): string[] {
    return [...new Set(this.definitions.map(groupVersion))]
  }

  #add(resource: ServedResource): void {
    const { definition, storage } = resource
    this.#byPath.set(pathKey(definition), resource)
    if (storage) this.#storages.set(storageKey(storage.definition), storage)
  }

  #drop({ definition, storage }: ServedResource): void {
    this.#byPath.delete(pathKey(definition))
    if (storage) this.#storages.delete(storageKey(storage.definition))
  }

  #tell(change: RegistryChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

const storageKey = ({ group, plural }: ResourceDefinition): string => `${group}/${plural}`

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
