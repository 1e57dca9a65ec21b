import type { GroupResource } from '../../api/status-error.ts'
import type { CachedObject } from './watch-cache.ts'

/** Names the values under which an object is found. */
export interface CacheIndex {
  readonly name: string
  values(object: CachedObject): readonly string[]
}

export const nameIndex: CacheIndex = { name: 'metadata.name', values: ({ name }) => [name] }

export const namespaceIndex: CacheIndex = { name: 'metadata.namespace', values: ({ namespace }) => [namespace] }

export const nodeNameIndex: CacheIndex = {
  name: 'spec.nodeName',
  values: (cached) => {
    const { spec } = cached.object() as { spec?: { nodeName?: string } }
    return [spec?.nodeName ?? '']
  },
}

/** By the uid of each owner reference: what a garbage collector and a controller ask for. */
export const ownerIndex: CacheIndex = {
  name: 'ownerUid',
  values: (cached) => cached.object().metadata.ownerReferences?.map(({ uid }) => uid) ?? [],
}

/** By the value of one label; its name is `label:<key>`. */
export function labelIndex(label: string): CacheIndex {
  return {
    name: `label:${label}`,
    values: (cached) => {
      const value = cached.object().metadata.labels?.[label]
      return value === undefined ? [] : [value]
    },
  }
}

/** The indexes of a resource. An index that nobody asks costs nothing. `labels`: keys that selectors often name. */
export function indexesOf({ group, plural }: GroupResource, labels: readonly string[] = []): CacheIndex[] {
  const isPods = group === '' && plural === 'pods'
  return [nameIndex, namespaceIndex, ownerIndex, ...(isPods ? [nodeNameIndex] : []), ...labels.map(labelIndex)]
}

/** Finds objects by one index. */
export class IndexedObjects {
  readonly index: CacheIndex
  /** By value, then by key. No inner map is empty. */
  readonly #byValue = new Map<string, Map<string, CachedObject>>()

  constructor(index: CacheIndex, objects: Iterable<CachedObject>) {
    this.index = index
    for (const object of objects) this.replace(undefined, object)
  }

  replace(before: CachedObject | undefined, after: CachedObject | undefined): void {
    if (before) for (const value of this.index.values(before)) this.#remove(value, before.key)
    if (after) for (const value of this.index.values(after)) this.#add(value, after)
  }

  /** In key order. */
  find(value: string): CachedObject[] {
    const found = this.#byValue.get(value)
    return found ? [...found.values()].sort((left, right) => (left.key < right.key ? -1 : 1)) : []
  }

  #add(value: string, object: CachedObject): void {
    const objects = this.#byValue.get(value)
    if (objects) objects.set(object.key, object)
    else this.#byValue.set(value, new Map([[object.key, object]]))
  }

  #remove(value: string, key: string): void {
    const objects = this.#byValue.get(value)
    objects?.delete(key)
    if (objects?.size === 0) this.#byValue.delete(value)
  }
}
