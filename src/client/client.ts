import type { ApiObject, ResourceRef } from '../api/resource.ts'
import type { ListMeta, ObjectMeta, TemplateMeta } from '../api/types/meta.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { ApiRequest, PatchType, Transport, WatchEvent } from './transport.ts'

/** Which object: anything with a name, and a namespace where the kind has one. Objects themselves do. */
export type ObjectName = { readonly name: string; readonly namespace?: string | undefined }

/** An object to be created: the server fills in the rest. */
export type New<T extends ApiObject> = Omit<T, 'metadata' | 'status' | 'spec'> &
  (T extends { spec: infer S } ? { spec: S } : unknown) & {
    metadata: TemplateMeta
    status?: T extends { status: infer S } ? S : never
  }

export interface WriteOptions {
  readonly signal?: AbortSignal
  readonly fieldManager?: string
}

export interface ListOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly resourceVersion?: string
  readonly limit?: number
  readonly continue?: string
  readonly signal?: AbortSignal
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue' | 'signal'> {
  readonly allowWatchBookmarks?: boolean
  readonly timeoutSeconds?: number
  /** Begin with the present objects as ADDED events, closed by a bookmark with `k8s.io/initial-events-end` (KEP-3157). */
  readonly sendInitialEvents?: boolean
  readonly resourceVersionMatch?: 'NotOlderThan' | 'Exact'
}

export interface DeleteOptions extends WriteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

export interface ListResult<T> {
  readonly metadata: ListMeta
  readonly items: readonly DeepReadonly<T>[]
}

/** The verbs on one resource. Failures are StatusErrors. */
export class ResourceClient<T extends ApiObject> {
  readonly resource: ResourceRef
  readonly #transport: Transport

  constructor(transport: Transport, resource: ResourceRef) {
    this.#transport = transport
    this.resource = resource
  }

  get({ name, namespace }: ObjectName, { signal }: { signal?: AbortSignal } = {}): Promise<DeepReadonly<T>> {
    return this.#call<T>({ verb: 'get', ...where(namespace, name) }, signal)
  }

  list({ namespace, signal, ...query }: ListOptions = {}): Promise<ListResult<T>> {
    return this.#call({ verb: 'list', ...where(namespace), query: wire(query) }, signal) as Promise<ListResult<T>>
  }

  /** Event by event; none after the signal has aborted. */
  async *watch(options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent<T>, void, undefined> {
    for await (const events of this.watchTogether(options, signal)) {
      for (const event of events) {
        if (signal.aborted) return
        yield event
      }
    }
  }

  /** The same for those to whom an event is little work: what comes together is one array. */
  watchTogether({ namespace, ...query }: WatchOptions, signal: AbortSignal): AsyncIterable<readonly WatchEvent<T>[]> {
    const request = { verb: 'watch', resource: this.resource, ...where(namespace), query: wire(query) } as const
    return this.#transport.watch<T>(request, signal)
  }

  create(object: New<T>, { signal, ...query }: WriteOptions = {}): Promise<DeepReadonly<T>> {
    return this.#call<T>(
      { verb: 'create', ...where(object.metadata.namespace), body: object, query: wire(query) },
      signal,
    )
  }

  update(object: T, options: WriteOptions = {}): Promise<DeepReadonly<T>> {
    return this.#put(object, undefined, options)
  }

  updateStatus(object: T, options: WriteOptions = {}): Promise<DeepReadonly<T>> {
    return this.#put(object, 'status', options)
  }

  patch(
    { name, namespace }: ObjectName,
    patch: {
      readonly type: PatchType
      readonly body: unknown
      readonly subresource?: string
      readonly force?: boolean
    },
    { signal, ...query }: WriteOptions = {},
  ): Promise<DeepReadonly<T>> {
    const { type: patchType, body, subresource, force } = patch
    const at = { ...where(namespace, name), ...(subresource !== undefined && { subresource }) }
    return this.#call<T>({ verb: 'patch', ...at, patchType, body, query: wire({ ...query, force }) }, signal)
  }

  /** The deleted object, or the object still terminating. */
  async delete({ name, namespace }: ObjectName, { signal, ...options }: DeleteOptions = {}): Promise<void> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...options }
    await this.#call({ verb: 'delete', ...where(namespace, name), body }, signal)
  }

  async deleteCollection(
    { namespace, labelSelector, fieldSelector }: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>,
    { signal, ...options }: DeleteOptions = {},
  ): Promise<void> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...options }
    const query = wire({ labelSelector, fieldSelector })
    await this.#call({ verb: 'deletecollection', ...where(namespace), query, body }, signal)
  }

  /** POSTs to a subresource: `binding`, `eviction`, `token`. */
  createSubresource<B, R = B>(
    { name, namespace }: ObjectName,
    subresource: string,
    body: B,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<DeepReadonly<R>> {
    return this.#call<R>({ verb: 'create', ...where(namespace, name), subresource, body }, signal)
  }

  /** PUTs an object to a subresource: `finalize`, `scale`. */
  updateSubresource<B, R = B>(
    { name, namespace }: ObjectName,
    subresource: string,
    body: B,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<DeepReadonly<R>> {
    return this.#call<R>({ verb: 'update', ...where(namespace, name), subresource, body }, signal)
  }

  #put(object: T, subresource: string | undefined, { signal, ...query }: WriteOptions): Promise<DeepReadonly<T>> {
    const { namespace, name } = object.metadata as ObjectMeta
    const at = { ...where(namespace, name), ...(subresource !== undefined && { subresource }) }
    return this.#call<T>({ verb: 'update', ...at, body: object, query: wire(query) }, signal)
  }

  #call<R>(request: Omit<ApiRequest, 'resource'>, signal: AbortSignal | undefined): Promise<DeepReadonly<R>> {
    return this.#transport.call<R>({ resource: this.resource, ...request }, signal)
  }
}

function where(namespace: string | undefined, name?: string): { namespace?: string; name?: string } {
  return { ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) }
}

/** Options under their wire names; what is undefined is left out. */
function wire(options: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]))
}
