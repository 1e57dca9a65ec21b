import { groupVersion, listKindOf } from '../api/resource.ts'
import type { StatusError } from '../api/status-error.ts'
import { type DeepReadonly, deepFreeze } from '../base/deep-readonly.ts'
import type { ApiRequest, Transport, WatchEvent } from '../client/transport.ts'
import type { Authorizer } from './authz/authorizer.ts'
import { forbiddenRequest } from './authz/forbidden.ts'
import type { ApiCall, ApiResult, Query } from './handler/call.ts'
import type { Handler } from './handler/handler.ts'
import { noSuchResource } from './handler/refusals.ts'
import type { WatchReceiver } from './handler/watch-session.ts'
import type { Registry } from './registry/registry.ts'
import type { ServedResource } from './registry/served-resource.ts'
import type { ResourceAttributes, UserInfo } from './request.ts'
import type { CachedEvent, CachedObject } from './watch-cache/watch-cache.ts'

/** What of an API server the transport calls. */
export interface InProcessServer {
  readonly registry: Registry
  readonly handler: Handler
  readonly authorizer: Authorizer
}

interface InProcessClient {
  readonly user: UserInfo
  readonly userAgent: string
}

const NEVER = new AbortController().signal
/** A watch that nobody reads this far is ended; its reader goes on from the last revision it saw. */
const MAX_QUEUED = 10_000

/**
 * A transport for components in the server's own process: no sockets and no JSON, otherwise all that a request by HTTP goes
 * through from authorization on. `userAgent` names what writes, where a write does not. Answers are the cache's own frozen objects.
 */
export function inProcessTransport(server: InProcessServer, user: UserInfo, userAgent: string): Transport {
  const client = { user, userAgent }
  return {
    async call<T>(request: ApiRequest, signal: AbortSignal = NEVER) {
      signal.throwIfAborted()
      const call = admitted(server, client, request, signal)
      return answerOf(await server.handler(call), call) as DeepReadonly<T>
    },
    watch<T>(request: ApiRequest, signal: AbortSignal) {
      const call = () => admitted(server, client, { ...request, verb: 'watch' }, signal)
      return eventsOf<T>(() => server.handler(call()), signal)
    },
  }
}

/** The call that a request means, if the user may make it; throws 403 and 404. */
function admitted(
  { registry, authorizer }: InProcessServer,
  client: InProcessClient,
  request: ApiRequest,
  signal: AbortSignal,
): ApiCall {
  const { group, version, plural } = request.resource
  const attributes = attributesOf(request, client.user)
  const { verdict, reason } = authorizer.authorize(attributes)
  if (verdict !== 'allow') throw forbiddenRequest(attributes, reason)
  const resource = registry.find(group, version, plural)
  if (!resource) throw noSuchResource()
  return callOf(request, resource, client, signal)
}

function attributesOf({ verb, resource, query, ...where }: ApiRequest, user: UserInfo): ResourceAttributes {
  const { group, version, plural } = resource
  const { fieldSelector, labelSelector } = query ?? {}
  const name = where.name ?? nameSelected(fieldSelector)
  const isNamespace = group === '' && plural === 'namespaces'
  return {
    user,
    verb,
    group,
    version,
    resource: plural,
    subresource: where.subresource ?? '',
    namespace: isNamespace ? (where.name ?? '') : (where.namespace ?? ''),
    name,
    ...(fieldSelector && { fieldSelector }),
    ...(labelSelector && { labelSelector }),
  }
}

const nameSelected = (fieldSelector: string | undefined): string =>
  /(?:^|,)metadata\.name==?([^,]*)/.exec(fieldSelector ?? '')?.[1] ?? ''

function callOf(
  request: ApiRequest,
  resource: ServedResource,
  { user, userAgent }: InProcessClient,
  signal: AbortSignal,
): ApiCall {
  const { verb, namespace = '', name = '', subresource = '', body, patchType, query = {} } = request
  return {
    verb,
    resource,
    namespace: resource.definition.namespaced ? namespace : '',
    name,
    subresource,
    query: recordQuery(query),
    body: body === undefined ? { kind: 'none' } : { kind: 'value', value: body },
    ...(patchType && { patchType }),
    user,
    userAgent,
    signal,
    warn: () => {}, // for people at a terminal; components have their own tests
  }
}

function recordQuery(query: Readonly<Record<string, string>>): Query {
  return {
    get: (name) => query[name],
    all: (name) => (query[name] === undefined ? [] : [query[name]]),
  }
}

function answerOf(result: ApiResult, { resource }: ApiCall): unknown {
  switch (result.kind) {
    case 'object':
      return result.object.object()
    case 'value':
      return deepFreeze(result.value)
    case 'list': {
      const { definition } = resource
      const items = Object.freeze(result.items.map((item) => item.object()))
      const metadata = Object.freeze(result.metadata)
      return Object.freeze({ kind: listKindOf(definition), apiVersion: groupVersion(definition), metadata, items })
    }
    case 'watch':
      throw new Error('a watch is not a call')
  }
}

/**
 * Reads a session as an iterator: what has not been read waits in a queue of bounded length. One generator from the queue to
 * the reader, as each more would cost every event some promises.
 */
async function* eventsOf<T>(
  begin: () => Promise<ApiResult> | ApiResult,
  signal: AbortSignal,
): AsyncGenerator<readonly WatchEvent<T>[], void, undefined> {
  if (signal.aborted) return
  const result = await begin()
  if (result.kind !== 'watch') return
  const { session } = result
  const queue = new WatchQueue<T>(session.stop)
  session.start(queue)
  if (signal.aborted) session.stop()
  signal.addEventListener('abort', session.stop, { once: true })
  try {
    for (;;) {
      const events = await queue.take()
      if (signal.aborted) return
      if (events.length > 0) yield events
      if (queue.failure) throw queue.failure
      if (queue.isOver && queue.isEmpty) return
    }
  } finally {
    signal.removeEventListener('abort', session.stop)
    session.stop()
  }
}

class WatchQueue<T> implements WatchReceiver {
  failure: StatusError | undefined
  isOver = false
  readonly #overflow: () => void
  #events: WatchEvent<T>[] = []
  #changed = Promise.withResolvers<void>()
  #taken = Promise.withResolvers<void>()

  constructor(overflow: () => void) {
    this.#overflow = overflow
  }

  get isEmpty(): boolean {
    return this.#events.length === 0
  }

  /** What has come since the last call; waits for something to come, or the end. */
  async take(): Promise<WatchEvent<T>[]> {
    if (this.isEmpty && !this.isOver) await this.#changed.promise
    this.#changed = Promise.withResolvers()
    const events = this.#events
    this.#events = []
    this.#taken.resolve()
    this.#taken = Promise.withResolvers()
    return events
  }

  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: CachedObject): void {
    this.#push({ type, object: object.object() as unknown as DeepReadonly<T> })
  }

  events(events: readonly CachedEvent[]): void {
    for (const { type, current } of events) this.event(type, current)
  }

  flush(): void {} // whoever waits takes all there is

  bookmark(object: object): void {
    this.#push({ type: 'BOOKMARK', object: deepFreeze(object) as DeepReadonly<T> })
  }

  drained(): Promise<void> {
    return this.isEmpty ? Promise.resolve() : this.#taken.promise
  }

  error(error: StatusError): void {
    this.failure = error
    this.#changed.resolve()
  }

  end(): void {
    this.isOver = true
    this.#changed.resolve()
    this.#taken.resolve()
  }

  #push(event: WatchEvent<T>): void {
    if (this.isOver) return
    if (this.#events.length >= MAX_QUEUED) return this.#overflow()
    this.#events.push(event)
    this.#changed.resolve()
  }
}
