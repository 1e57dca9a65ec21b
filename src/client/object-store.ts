import type { ApiObject } from '../api/resource.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { ObjectName } from './client.ts'
import type { Lister } from './informer.ts'
import { keyOf, objectKey } from './object-key.ts'

const NAMESPACE = 'metadata.namespace'
const OWNER = 'metadata.ownerReferences.uid'

/**
 * The objects of one resource with their indexes. Lists are kept between changes, so that asking again costs nothing.
 * An index holds exactly the objects of `#objects`, each under every value its function gives now.
 */
export class ObjectStore<T extends ApiObject> implements Lister<T> {
  readonly #objects = new Bucket<T>()
  readonly #indexes = new Map<string, Index<T>>()

  constructor() {
    this.addIndex(NAMESPACE, ({ metadata }) => (metadata.namespace ? [metadata.namespace] : []))
    this.addIndex(OWNER, ({ metadata }) => metadata.ownerReferences?.map(({ uid }) => uid) ?? [])
  }

  get size(): number {
    return this.#objects.size
  }

  get(name: ObjectName): DeepReadonly<T> | undefined {
    return this.#objects.get(objectKey(name))
  }

  list(namespace?: string): readonly DeepReadonly<T>[] {
    return namespace === undefined ? this.#objects.values() : this.by(NAMESPACE, namespace)
  }

  ownedBy(uid: string): readonly DeepReadonly<T>[] {
    return this.by(OWNER, uid)
  }

  by(index: string, value: string): readonly DeepReadonly<T>[] {
    const found = this.#indexes.get(index)
    if (!found) throw new Error(`no index ${index}: add it before the informer is used`)
    return found.list(value)
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys()
  }

  addIndex(name: string, values: (object: DeepReadonly<T>) => readonly string[]): void {
    if (this.#indexes.has(name)) return
    const index = new Index<T>(values)
    for (const object of this.#objects.values()) index.add(keyOf(object), object)
    this.#indexes.set(name, index)
  }

  /** Puts an object in and returns the one it replaces. */
  put(object: DeepReadonly<T>): DeepReadonly<T> | undefined {
    const key = keyOf(object)
    const old = this.#objects.get(key)
    this.#objects.set(key, object)
    for (const index of this.#indexes.values()) index.replace(key, old, object)
    return old
  }

  /** Takes an object out and returns it. */
  delete(key: string): DeepReadonly<T> | undefined {
    const old = this.#objects.get(key)
    if (!old) return undefined
    this.#objects.delete(key)
    for (const index of this.#indexes.values()) index.remove(key, old)
    return old
  }
}

/** A map whose list of values is made once for all readers until the next change. */
class Bucket<T> {
  readonly #entries = new Map<string, DeepReadonly<T>>()
  #list: readonly DeepReadonly<T>[] | undefined

  get size(): number {
    return this.#entries.size
  }

  get(key: string): DeepReadonly<T> | undefined {
    return this.#entries.get(key)
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys()
  }

  values(): readonly DeepReadonly<T>[] {
    this.#list ??= Object.freeze([...this.#entries.values()])
    return this.#list
  }

  set(key: string, object: DeepReadonly<T>): void {
    this.#entries.set(key, object)
    this.#list = undefined
  }

  delete(key: string): void {
    this.#entries.delete(key)
    this.#list = undefined
  }
}

class Index<T> {
  readonly #valuesOf: (object: DeepReadonly<T>) => readonly string[]
  readonly #buckets = new Map<string, Bucket<T>>() // none is empty

  constructor(valuesOf: (object: DeepReadonly<T>) => readonly string[]) {
    this.#valuesOf = valuesOf
  }

  list(value: string): readonly DeepReadonly<T>[] {
    return this.#buckets.get(value)?.values() ?? []
  }

  add(key: string, object: DeepReadonly<T>): void {
    for (const value of this.#valuesOf(object)) this.#bucket(value).set(key, object)
  }

  remove(key: string, object: DeepReadonly<T>): void {
    for (const value of this.#valuesOf(object)) {
      const bucket = this.#buckets.get(value)
      bucket?.delete(key)
      if (bucket?.size === 0) this.#buckets.delete(value)
    }
  }

  replace(key: string, old: DeepReadonly<T> | undefined, object: DeepReadonly<T>): void {
    if (old) this.remove(key, old)
    this.add(key, object)
  }

  #bucket(value: string): Bucket<T> {
    const found = this.#buckets.get(value)
    if (found) return found
    const bucket = new Bucket<T>()
    this.#buckets.set(value, bucket)
    return bucket
  }
}
