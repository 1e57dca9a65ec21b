import type { ApiObject } from '../api/resource.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { ObjectName } from './client.ts'
import type { Lister } from './informer.ts'

const NONE: readonly never[] = Object.freeze([])

/**
 * The objects of one resource with their indexes. Lists are kept between changes, so that asking again costs nothing.
 * An index holds exactly the objects of `#namespaces`, each under every value its function gives.
 */
export class ObjectStore<T extends ApiObject> implements Lister<T> {
  /** What has no namespace is under `''`. No namespace is empty. */
  readonly #namespaces = new Map<string, Namespace<T>>()
  readonly #owners = new Index<T>(ownersOf)
  readonly #byName = new Map<string, Index<T>>()
  /** All of them: `#owners` and those of `#byName`. */
  readonly #indexes: Index<T>[] = [this.#owners]
  #all: readonly DeepReadonly<T>[] | undefined

  get({ name, namespace = '' }: ObjectName): DeepReadonly<T> | undefined {
    return this.#namespaces.get(namespace)?.get(name)
  }

  list(namespace?: string): readonly DeepReadonly<T>[] {
    if (namespace === undefined) return this.#list()
    return (namespace !== '' && this.#namespaces.get(namespace)?.list()) || NONE
  }

  ownedBy(uid: string): readonly DeepReadonly<T>[] {
    return this.#owners.list(uid)
  }

  by(index: string, value: string): readonly DeepReadonly<T>[] {
    const found = this.#byName.get(index)
    if (!found) throw new Error(`no index ${index}: add it before the informer is used`)
    return found.list(value)
  }

  addIndex(name: string, values: (object: DeepReadonly<T>) => readonly string[]): void {
    if (this.#byName.has(name)) return
    const index = new Index<T>(values)
    for (const object of this.#list()) index.add(object)
    this.#byName.set(name, index)
    this.#indexes.push(index)
  }

  /** Puts an object in and returns the one it replaces. */
  put(object: DeepReadonly<T>): DeepReadonly<T> | undefined {
    const { name = '', namespace = '' } = object.metadata
    const old = this.#namespace(namespace).put(name, object)
    if (old === object) return old
    this.#changed(old, object)
    return old
  }

  /** Takes an object out and returns it. */
  delete({ name = '', namespace = '' }: Partial<ObjectName>): DeepReadonly<T> | undefined {
    const within = this.#namespaces.get(namespace)
    const old = within?.take(name)
    if (!old) return undefined
    if (within?.isEmpty) this.#namespaces.delete(namespace)
    this.#changed(old, undefined)
    return old
  }

  #changed(old: DeepReadonly<T> | undefined, object: DeepReadonly<T> | undefined): void {
    this.#all = undefined
    for (const index of this.#indexes) {
      if (old) index.remove(old)
      if (object) index.add(object)
    }
  }

  #list(): readonly DeepReadonly<T>[] {
    if (this.#all) return this.#all
    const all: DeepReadonly<T>[] = []
    for (const namespace of this.#namespaces.values()) for (const object of namespace.objects()) all.push(object)
    this.#all = Object.freeze(all)
    return this.#all
  }

  #namespace(name: string): Namespace<T> {
    const found = this.#namespaces.get(name)
    if (found) return found
    const namespace = new Namespace<T>()
    this.#namespaces.set(name, namespace)
    return namespace
  }
}

/** The objects of a namespace by name. Their list is made once for all readers until the next change. */
class Namespace<T> {
  readonly #objects = new Map<string, DeepReadonly<T>>()
  #list: readonly DeepReadonly<T>[] | undefined

  get isEmpty(): boolean {
    return this.#objects.size === 0
  }

  get(name: string): DeepReadonly<T> | undefined {
    return this.#objects.get(name)
  }

  objects(): IterableIterator<DeepReadonly<T>> {
    return this.#objects.values()
  }

  list(): readonly DeepReadonly<T>[] {
    this.#list ??= Object.freeze([...this.#objects.values()])
    return this.#list
  }

  put(name: string, object: DeepReadonly<T>): DeepReadonly<T> | undefined {
    const old = this.#objects.get(name)
    this.#objects.set(name, object)
    this.#list = undefined
    return old
  }

  take(name: string): DeepReadonly<T> | undefined {
    const old = this.#objects.get(name)
    this.#objects.delete(name)
    this.#list = undefined
    return old
  }
}

/** The objects with one value of an index, and their list, made as that of a namespace. */
class Bucket<T> {
  readonly #objects = new Set<DeepReadonly<T>>()
  #list: readonly DeepReadonly<T>[] | undefined

  get isEmpty(): boolean {
    return this.#objects.size === 0
  }

  list(): readonly DeepReadonly<T>[] {
    this.#list ??= Object.freeze([...this.#objects])
    return this.#list
  }

  add(object: DeepReadonly<T>): void {
    this.#objects.add(object)
    this.#list = undefined
  }

  remove(object: DeepReadonly<T>): void {
    this.#objects.delete(object)
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
    return this.#buckets.get(value)?.list() ?? NONE
  }

  add(object: DeepReadonly<T>): void {
    for (const value of this.#valuesOf(object)) this.#bucket(value).add(object)
  }

  remove(object: DeepReadonly<T>): void {
    for (const value of this.#valuesOf(object)) {
      const bucket = this.#buckets.get(value)
      bucket?.remove(object)
      if (bucket?.isEmpty) this.#buckets.delete(value)
    }
  }

  #bucket(value: string): Bucket<T> {
    const found = this.#buckets.get(value)
    if (found) return found
    const bucket = new Bucket<T>()
    this.#buckets.set(value, bucket)
    return bucket
  }
}

const ownersOf = ({ metadata }: DeepReadonly<ApiObject>): readonly string[] =>
  metadata.ownerReferences?.map(({ uid }) => uid) ?? NONE
