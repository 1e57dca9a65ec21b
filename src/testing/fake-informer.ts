import type { ApiObject } from '../api/resource.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { deepFreeze } from '../base/deep-readonly.ts'
import type { ObjectName } from '../client/client.ts'
import type { Informer, InformerHandler } from '../client/informer.ts'
import { ObjectStore } from '../client/object-store.ts'

/** An informer that a test fills by hand: handlers and indexes work as in the real one, objects are frozen. */
export class FakeInformer<T extends ApiObject> implements Informer<T> {
  readonly lister = new ObjectStore<T>()
  readonly #handlers = new Set<InformerHandler<T>>()

  constructor(...objects: T[]) {
    for (const object of objects) this.put(object)
  }

  put(object: T): void {
    const frozen = deepFreeze(object)
    const old = this.lister.put(frozen)
    for (const handler of this.#handlers) old ? handler.updated?.(frozen, old) : handler.added?.(frozen)
  }

  remove(name: ObjectName): void {
    const old = this.lister.get(name)
    if (!old) return
    this.lister.delete(name)
    for (const handler of this.#handlers) handler.deleted?.(old)
  }

  synced(): boolean {
    return true
  }

  async whenSynced(): Promise<void> {}

  revision(): number {
    return Number.MAX_SAFE_INTEGER
  }

  async whenAt(): Promise<void> {}

  on(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.lister.list()) handler.added?.(object)
    return () => this.#handlers.delete(handler)
  }

  addIndex(name: string, values: (object: DeepReadonly<T>) => readonly string[]): void {
    this.lister.addIndex(name, values)
  }
}
