import type { ResourceDefinition } from '../api/resource.ts'
import type { KindFace } from './registry/kind-face.ts'

/** Who asks, as authentication found it (authentication.k8s.io UserInfo). */
export interface UserInfo {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** The verbs that authorization knows; `proxy` and `connect` requests count by method, as upstream's. */
export type RequestVerb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'proxy'

/** What a request is about, parsed from method and path (upstream: RequestInfo). */
export type RequestAttributes = ResourceAttributes | NonResourceAttributes

export interface ResourceAttributes {
  readonly user: UserInfo
  /** A RequestVerb for requests; access reviews may ask about any: `bind`, `escalate`, `impersonate`, `approve`… */
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

export interface NonResourceAttributes {
  readonly user: UserInfo
  /** The HTTP method in lower case. */
  readonly verb: string
  readonly path: string
}

/** How a request wants to be handled, beside its object. */
export interface WriteContext {
  readonly user: UserInfo
  readonly definition: ResourceDefinition
  /** The kind that the client writes, where that has other rules than the stored one. */
  readonly face?: KindFace
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly dryRun: boolean
  readonly fieldManager?: string
  /** Collects texts for Warning headers. */
  warn(text: string): void
  readonly signal: AbortSignal
}
