import type { ApiObject } from '../api/resource.ts'
import type { Clock } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import type { Informer, InformerHandler } from './informer.ts'
import { ObjectStore } from './object-store.ts'
import type { ReflectorSink, ReflectorSource } from './reflector.ts'
import { reflect } from './reflector.ts'

export interface InformerDeps<T extends ApiObject> {
  /** For messages: the resource. */
  readonly name: string
  readonly source: ReflectorSource<T>
  readonly clock: Clock
  readonly log: Logger
}

interface Waiter {
  readonly revision: number
  readonly resolve: () => void
}

/** The informer: a reflector that fills an object store, and tells handlers and waiters. */
export class InformerCache<T extends ApiObject> implements Informer<T> {
  readonly lister = new ObjectStore<T>()
  readonly #deps: InformerDeps<T>
  readonly #handlers = new Set<InformerHandler<T>>()
  readonly #waiters = new Set<Waiter>() // each for a revision beyond #revision
  #revision = -1 // below zero: the first listing is not in

  constructor(deps: InformerDeps<T>) {
    this.#deps = deps
  }

  /** Follows the resource until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return reflect({ ...this.#deps, sink: this.#sink() }, signal)
  }

  synced(): boolean {
    return this.#revision >= 0
  }

  whenSynced(signal: AbortSignal): Promise<void> {
    return this.whenAt(0, signal)
  }

  revision(): number {
    return Math.max(0, this.#revision)
  }

  async whenAt(revision: number, signal: AbortSignal): Promise<void> {
    if (this.#revision >= revision) return
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter = { revision, resolve }
    const onAbort = () => reject(signal.reason)
    this.#waiters.add(waiter)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await promise
    } finally {
      this.#waiters.delete(waiter)
      signal.removeEventListener('abort', onAbort)
    }
  }

  on(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.lister.list()) handler.added?.(object)
    return () => this.#handlers.delete(handler)
  }

  addIndex(name: string, values: (object: DeepReadonly<T>) => readonly string[]): void {
    this.lister.addIndex(name, values)
  }

  #sink(): ReflectorSink<T> {
    let unseen = new Set<DeepReadonly<T>>() // during a listing: what it has not shown so far
    return {
      begin: () => {
        unseen = new Set(this.lister.list())
      },
      put: (object) => {
        const old = this.#put(object)
        if (old) unseen.delete(old)
      },
      remove: (object) => {
        const old = this.#remove(object)
        if (old) unseen.delete(old)
      },
      end: (revision) => {
        for (const object of unseen) this.#remove(object)
        unseen.clear()
        this.#reach(Number(revision))
      },
      reached: (revision) => this.#reach(Number(revision)),
    }
  }

  /** Gives what was there before. */
  #put(object: DeepReadonly<T>): DeepReadonly<T> | undefined {
    const old = this.lister.put(object)
    if (!old) this.#tell((handler) => handler.added?.(object))
    else if (old.metadata.uid !== object.metadata.uid) this.#replaced(object, old)
    else if (old.metadata.resourceVersion !== object.metadata.resourceVersion)
      this.#tell((handler) => handler.updated?.(object, old))
    return old
  }

  /** A namesake came in its place while we did not look: two objects, two calls. */
  #replaced(object: DeepReadonly<T>, old: DeepReadonly<T>): void {
    this.#tell((handler) => handler.deleted?.(old))
    this.#tell((handler) => handler.added?.(object))
  }

  /** `last` is the last that is known of it. Gives what was there. */
  #remove(last: DeepReadonly<T>): DeepReadonly<T> | undefined {
    const old = this.lister.delete(last.metadata)
    if (old) this.#tell((handler) => handler.deleted?.(last))
    return old
  }

  #tell(call: (handler: InformerHandler<T>) => void): void {
    for (const handler of this.#handlers) {
      try {
        call(handler)
      } catch (error) {
        this.#deps.log.error('an informer handler failed', { resource: this.#deps.name, error })
      }
    }
  }

  #reach(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    if (this.#waiters.size === 0) return
    for (const waiter of this.#waiters) if (waiter.revision <= this.#revision) waiter.resolve()
  }
}
