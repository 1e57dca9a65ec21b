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

/** By the value of one label. */
export function labelIndex(label: string): CacheIndex {
  return {
    name: `label:${label}`,
    values: (cached) => {
      const value = cached.labels()?.[label]
      return value === undefined ? [] : [value]
    },
  }
}

/** The indexes of a resource. An index that nobody asks costs nothing. */
export function indexesOf({ group, plural }: GroupResource): CacheIndex[] {
  const isPods = group === '' && plural === 'pods'
  return [nameIndex, namespaceIndex, ownerIndex, ...(isPods ? [nodeNameIndex] : [])]
}

interface Group {
  readonly byKey: Map<string, CachedObject>
  /** The same in key order, until it changes. */
  sorted: readonly CachedObject[] | undefined
}

const NONE: readonly CachedObject[] = []

/** Finds objects by one index. */
export class IndexedObjects {
  readonly index: CacheIndex
  /** By value. No group is empty. */
  readonly #byValue = new Map<string, Group>()

  constructor(index: CacheIndex, objects: Iterable<CachedObject>) {
    this.index = index
    for (const object of objects) this.replace(undefined, object)
  }

  replace(before: CachedObject | undefined, after: CachedObject | undefined): void {
    if (before) for (const value of this.index.values(before)) this.#remove(value, before.key)
    if (after) for (const value of this.index.values(after)) this.#add(value, after)
  }

  /** In key order. */
  find(value: string): readonly CachedObject[] {
    const group = this.#byValue.get(value)
    if (!group) return NONE
    group.sorted ??= [...group.byKey.values()].sort((left, right) => (left.key < right.key ? -1 : 1))
    return group.sorted
  }

  #add(value: string, object: CachedObject): void {
    const group = this.#byValue.get(value)
    if (!group) {
      this.#byValue.set(value, { byKey: new Map([[object.key, object]]), sorted: undefined })
      return
    }
    group.byKey.set(object.key, object)
    group.sorted = undefined
  }

  #remove(value: string, key: string): void {
    const group = this.#byValue.get(value)
    if (!group) return
    group.byKey.delete(key)
    group.sorted = undefined
    if (group.byKey.size === 0) this.#byValue.delete(value)
  }
}
