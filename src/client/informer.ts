import type { ApiObject } from '../api/resource.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { ObjectName } from './client.ts'

/** Read access to an informer's objects. All are frozen and shared; `editable()` makes a private copy. */
export interface Lister<T extends ApiObject> {
  get(name: ObjectName): DeepReadonly<T> | undefined
  /** All objects, or those of a namespace, in no order. */
  list(namespace?: string): readonly DeepReadonly<T>[]
  /** Objects with an owner reference (controller or not) to this uid. */
  ownedBy(uid: string): readonly DeepReadonly<T>[]
  /** Objects for which an index that was added under `index` gave `value`. */
  by(index: string, value: string): readonly DeepReadonly<T>[]
}

/** Called in order, after the lister shows the change. Must not throw and not block. */
export interface InformerHandler<T> {
  added?(object: DeepReadonly<T>): void
  /** Also called with equal objects never: a relist that finds the same resourceVersion is silent. */
  updated?(object: DeepReadonly<T>, old: DeepReadonly<T>): void
  deleted?(object: DeepReadonly<T>): void
}

/**
 * Follows one resource by list and watch (sendInitialEvents), from when the set it belongs to runs. Guarantees: every object
 * is seen, the last state of each is seen, intermediate states may be skipped after a relist. Handlers added late are
 * first told of what is there.
 */
export interface Informer<T extends ApiObject> {
  readonly lister: Lister<T>
  /** True when the first listing is in. */
  synced(): boolean
  /** Resolves when synced. */
  whenSynced(signal: AbortSignal): Promise<void>
  /** The newest revision seen: a reconciler waits until it has reached that of its own last write. */
  revision(): number
  /** Resolves when `revision()` has reached this one. */
  whenAt(revision: number, signal: AbortSignal): Promise<void>
  on(handler: InformerHandler<T>): () => void
  /** Adds an index, or does nothing when one of that name is there; objects may have several values or none. */
  addIndex(name: string, values: (object: DeepReadonly<T>) => readonly string[]): void
}
