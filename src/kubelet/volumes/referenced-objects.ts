import { hasReason, Reason } from '../../api/status-error.ts'
import type { ConfigMap, Secret } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { ObjectReference } from './volume-plugin.ts'

type Referenced = { configMaps: ConfigMap; secrets: Secret }
export type ReferencedKind = ObjectReference['kind']

export interface ReferencedObjectsDeps {
  readonly client: Pick<Client, 'configMaps' | 'secrets'>
  readonly clock: Clock
  readonly log: Logger
}

const RETRY_MS = 2000

interface Followed {
  readonly stop: AbortController
  readonly listeners: Set<() => void>
}

/**
 * ConfigMaps and Secrets that pods of this node mention. A node may read only those, one at a time by name; each that is
 * followed has one watch, however many pods mention it.
 */
export class ReferencedObjects {
  readonly #followed = new Map<string, Followed>()
  readonly #deps: ReferencedObjectsDeps

  constructor(deps: ReferencedObjectsDeps) {
    this.#deps = deps
  }

  /** The object now; undefined when there is none. */
  async get<K extends ReferencedKind>(
    kind: K,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<DeepReadonly<Referenced[K]> | undefined> {
    try {
      return (await this.#deps.client[kind].get({ namespace, name }, { signal })) as DeepReadonly<Referenced[K]>
    } catch (error) {
      if (hasReason(error, Reason.NotFound)) return undefined
      throw error
    }
  }

  /** Calls `changed` after each change of the object until the returned function is called. */
  follow({ kind, name }: ObjectReference, namespace: string, changed: () => void): () => void {
    const key = `${kind}/${namespace}/${name}`
    const followed = this.#followed.get(key) ?? this.#start(key, kind, namespace, name)
    followed.listeners.add(changed)
    return () => {
      followed.listeners.delete(changed)
      if (followed.listeners.size > 0) return
      followed.stop.abort()
      this.#followed.delete(key)
    }
  }

  #start(key: string, kind: ReferencedKind, namespace: string, name: string): Followed {
    const followed = { stop: new AbortController(), listeners: new Set<() => void>() }
    this.#followed.set(key, followed)
    void this.#watch(kind, namespace, name, followed)
    return followed
  }

  async #watch(kind: ReferencedKind, namespace: string, name: string, { stop, listeners }: Followed): Promise<void> {
    const { client, clock, log } = this.#deps
    const options = { namespace, fieldSelector: `metadata.name=${name}`, allowWatchBookmarks: true }
    let resourceVersion: string | undefined // undefined: start with the present object
    while (!stop.signal.aborted) {
      try {
        const from = resourceVersion === undefined ? {} : { resourceVersion }
        for await (const { type, object } of client[kind].watch({ ...options, ...from }, stop.signal)) {
          resourceVersion = object.metadata.resourceVersion
          if (type !== 'BOOKMARK') for (const listener of listeners) listener()
        }
      } catch (error) {
        if (stop.signal.aborted) return
        resourceVersion = undefined
        if (!hasReason(error, Reason.Expired))
          log.info('a watch of a mounted object ended; starting it again', { kind, namespace, name, error })
        await clock.sleep(RETRY_MS, stop.signal).catch(() => undefined)
      }
    }
  }
}
