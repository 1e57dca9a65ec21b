import type { ListMeta } from '../../api/types/meta.v1.ts'
import type { PatchType } from '../../client/transport.ts'
import type { Registry } from '../registry/registry.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { RequestVerb, UserInfo } from '../request.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import type { WatchSession } from './watch-session.ts'

/** Query parameters by their wire names. */
export interface Query {
  get(name: string): string | undefined
  all(name: string): readonly string[]
}

/** What came with a request: bytes in a media type, or (in-process) the value itself, owned by the handler. */
export type RequestBody =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'bytes'
      readonly bytes: Uint8Array
      readonly mediaType: string
      /** The media types of objects that this server reads, in upstream's order. */
      readonly readable: readonly string[]
    }
  | { readonly kind: 'value'; readonly value: unknown }

/** An authorized request about a resource. */
export interface ApiCall {
  readonly verb: Exclude<RequestVerb, 'proxy'>
  readonly resource: ServedResource
  /** Empty for cluster-scoped resources and for requests about all namespaces. */
  readonly namespace: string
  /** Empty for requests about a collection. */
  readonly name: string
  readonly subresource: string
  readonly query: Query
  readonly body: RequestBody
  readonly patchType?: PatchType
  readonly user: UserInfo
  /** The client's name of itself, when it has one. */
  readonly userAgent?: string
  readonly signal: AbortSignal
  /** Collects texts for Warning headers. */
  warn(text: string): void
}

/** What a request came to. Failures are thrown, as StatusErrors. */
export type ApiResult =
  /** An object of the served version of `resource`. */
  | { readonly kind: 'object'; readonly code: number; readonly object: CachedObject }
  /** A value that is not stored: Scale, Status, TokenRequest, reviews. Complete, with kind and apiVersion. */
  | { readonly kind: 'value'; readonly code: number; readonly value: object }
  | ListResult
  | { readonly kind: 'watch'; readonly session: WatchSession }

/** Objects of the served version of `resource`. */
export interface ListResult {
  readonly kind: 'list'
  readonly items: readonly CachedObject[]
  readonly metadata: ListMeta
}

/** The registry lookup that handlers need: another kind's storage. */
export type StorageLookup = Pick<Registry, 'storage'>
