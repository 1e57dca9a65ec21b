import type { ResourceRef } from '../api/resource.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** One request to the API, independent of how it travels. */
export interface ApiRequest {
  readonly verb: Verb
  readonly resource: ResourceRef
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
  /** Query parameters under their wire names: labelSelector, resourceVersion, dryRun, fieldManager… */
  readonly query?: Readonly<Record<string, string>>
  /** The object, the DeleteOptions or the patch. The transport owns it from here on. */
  readonly body?: unknown
  readonly patchType?: PatchType
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'

export interface WatchEvent<T> {
  readonly type: WatchEventType
  readonly object: DeepReadonly<T>
}

/**
 * Carries requests to an API server. Two exist and pass one contract suite: in-process (src/apiserver) and HTTPS.
 * Failures are StatusErrors; when the server cannot be reached: code 503, reason ServiceUnavailable, with `cause`.
 */
export interface Transport {
  /** The answer's object: frozen at every depth, shared with the watch cache in-process. */
  call<T>(request: ApiRequest, signal?: AbortSignal): Promise<DeepReadonly<T>>

  /**
   * Events of a watch, those that come together in one array, which is never empty: until the server ends it (the iterator
   * returns), it fails (StatusError, 410 Expired when the revision is gone) or the signal aborts (the iterator returns).
   */
  watch<T>(request: ApiRequest, signal: AbortSignal): AsyncIterable<readonly WatchEvent<T>[]>
}
