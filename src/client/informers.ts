import type { ApiObject, ResourceRef } from '../api/resource.ts'
import { qualified } from '../api/status-error.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { Logger } from '../base/log.ts'
import type { ResourceClient } from './client.ts'
import type { Client } from './clientset.ts'
import { resources } from './clientset.ts'
import type { Informer } from './informer.ts'
import { InformerCache } from './informer-cache.ts'
import type { Transport } from './transport.ts'

type Resources = typeof resources
export type ResourceName = keyof Resources

/** The type of the objects of a resource, by its name in `resources`. */
export type ObjectOf<K extends ResourceName> = Client[K] extends ResourceClient<infer T> ? T : never

type NameOf<R extends ResourceRef> = {
  [K in ResourceName]: Resources[K] extends R ? (R extends Resources[K] ? K : never) : never
}[ResourceName]

/** The type of the objects at `resources.x`; ApiObject for a resource that is known only at run time. */
export type ObjectAt<R extends ResourceRef> = [NameOf<R>] extends [never] ? ApiObject : ObjectOf<NameOf<R>>

/** An informer for each built-in resource, made when first asked for: `informers.pods`. */
export type InformersByName = { readonly [K in ResourceName]: Informer<ObjectOf<K>> }

export type Informers = InformerSet & InformersByName

export interface InformersDeps {
  readonly clock: Clock
  readonly log: Logger
}

/** The shared informers over one client: each resource is followed once, however many listen. */
export function createInformers(client: Client, deps: InformersDeps): Informers {
  const set = new InformerSet(client, deps)
  for (const [name, resource] of Object.entries(resources)) {
    const key = keyOfResource(resource) // once: controllers ask for each event
    Object.defineProperty(set, name, { get: () => set.for(resource, key), enumerable: true })
  }
  return set as Informers
}

export class InformerSet implements Component {
  readonly name = 'informers'
  readonly #client: Client
  readonly #deps: InformersDeps
  readonly #caches = new Map<string, InformerCache<ApiObject>>()
  readonly #stops = new Map<InformerCache<ApiObject>, AbortController>() // of those that run
  #start: ((cache: InformerCache<ApiObject>) => void) | undefined // set while running

  constructor(client: Client, deps: InformersDeps) {
    this.#client = client
    this.#deps = deps
  }

  /** How the informers read: as a user who may list whatever they follow. */
  get transport(): Transport {
    return this.#client.transport
  }

  /**
   * The informer of a resource: `informers.for(resources.pods)`. One that is new while the set runs starts at once. `key` is
   * for who has it already.
   */
  for<R extends ResourceRef>(resource: R, key = keyOfResource(resource)): Informer<ObjectAt<R>> {
    let cache = this.#caches.get(key)
    if (!cache) {
      const source = this.#client.resource<ApiObject>(resource)
      cache = new InformerCache({ name: qualified(resource), source, ...this.#deps })
      this.#caches.set(key, cache)
      this.#start?.(cache)
    }
    return cache as unknown as Informer<ObjectAt<R>>
  }

  /** The informer of a resource, if someone has asked for it. */
  existing(resource: ResourceRef): Informer<ApiObject> | undefined {
    return this.#caches.get(keyOfResource(resource))
  }

  /**
   * Follows a resource no longer, for one that is not served any more: its informer stands still, and whoever asks again
   * gets a new one.
   */
  release(resource: ResourceRef): void {
    const key = keyOfResource(resource)
    const cache = this.#caches.get(key)
    if (!cache) return
    this.#caches.delete(key)
    this.#stops.get(cache)?.abort()
    this.#stops.delete(cache)
  }

  /** Resolves when each informer asked for until now has its first listing. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from(this.#caches.values(), (cache) => cache.whenSynced(signal)))
  }

  /** Follows all resources asked for, now and later, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const running = new Set<Promise<void>>()
    const fault = Promise.withResolvers<never>()
    this.#start = (cache) => {
      const stop = new AbortController()
      this.#stops.set(cache, stop)
      const run = cache.run(AbortSignal.any([signal, stop.signal])).catch(fault.reject)
      running.add(run)
      run.then(() => running.delete(run))
    }
    for (const cache of this.#caches.values()) this.#start(cache)
    try {
      await Promise.race([fault.promise, aborted(signal)])
      await Promise.all(running)
    } finally {
      this.#start = undefined
    }
  }
}

const keyOfResource = ({ group, version, plural }: ResourceRef): string => `${group}/${version}/${plural}`

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
