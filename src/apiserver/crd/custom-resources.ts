import { isDeepStrictEqual } from 'node:util'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Registry } from '../registry/registry.ts'
import type { CachedEvent, CachedObject, CacheWatcher, WatchCache } from '../watch-cache/watch-cache.ts'
import { isTrue } from './conditions.ts'
import { type CustomKind, type CustomKindDeps, customKind, customPrefix } from './custom-kind.ts'

type Definition = DeepReadonly<CustomResourceDefinition>

export interface CustomResourcesDeps extends CustomKindDeps {
  readonly registry: Registry
  readonly log: Logger
  /** Ends the cache of a kind that is gone. */
  dropCache(prefix: string): void
}

interface Installed {
  readonly definition: Definition
  readonly kind: CustomKind
}

/**
 * Keeps the registry as the CustomResourceDefinitions have it: established ones are served, from the moment that the cache
 * hears of it, until they are gone. A change of what is served ends the kind's watches, as upstream's new storage does.
 */
export class CustomResources {
  readonly #deps: CustomResourcesDeps
  readonly #installed = new Map<string, Installed>()

  constructor(deps: CustomResourcesDeps) {
    this.#deps = deps
  }

  /** Serves what is defined now, then follows until the signal aborts. Resolves when the first part is done. */
  async follow(cache: WatchCache, signal: AbortSignal): Promise<void> {
    await cache.ready(signal)
    const snapshot = cache.snapshot({})
    const present = new Set<string>()
    for (const object of snapshot) {
      present.add(object.name)
      this.#put(definitionOf(object))
    }
    for (const name of [...this.#installed.keys()]) if (!present.has(name)) this.#remove(name)
    const watcher: CacheWatcher = {
      events: (events) => {
        for (const event of events) this.#apply(event)
      },
      end: () => {
        if (signal.aborted) return
        this.follow(cache, signal).catch((error) => {
          if (!signal.aborted) this.#deps.log.error('custom resources are followed no longer', { error })
        })
      },
    }
    cache.subscribe(snapshot.revision, watcher)
    signal.addEventListener('abort', () => cache.unsubscribe(watcher), { once: true })
  }

  /** What serves a definition; undefined while it is not established. */
  kindOf(name: string): CustomKind | undefined {
    return this.#installed.get(name)?.kind
  }

  #apply({ type, current }: CachedEvent): void {
    if (type === 'DELETED') this.#remove(current.name)
    else this.#put(definitionOf(current))
  }

  #put(definition: Definition): void {
    const name = definition.metadata.name as string
    if (!isTrue(definition, 'Established')) return
    const before = this.#installed.get(name)
    if (before && !isServedOtherwise(before.definition, definition)) return
    const { registry, log } = this.#deps
    if (before && before.definition.metadata.uid !== definition.metadata.uid) this.#remove(name)
    try {
      const kind = customKind(definition, this.#deps)
      registry.install(name, kind.served)
      this.#installed.set(name, { definition, kind })
      if (before) kind.stored.storage?.cache.endWatches()
    } catch (error) {
      log.error('a custom resource cannot be served', { name, error })
    }
  }

  #remove(name: string): void {
    const installed = this.#installed.get(name)
    if (!installed) return
    this.#installed.delete(name)
    this.#deps.registry.remove(name)
    this.#deps.dropCache(customPrefix(installed.definition))
  }
}

const definitionOf = (object: CachedObject): Definition => object.object() as unknown as Definition

function isServedOtherwise(before: Definition, after: Definition): boolean {
  return (
    before.metadata.uid !== after.metadata.uid ||
    isTrue(before, 'Terminating') !== isTrue(after, 'Terminating') ||
    !isDeepStrictEqual(before.spec, after.spec) ||
    !isDeepStrictEqual(before.status.acceptedNames, after.status.acceptedNames)
  )
}
