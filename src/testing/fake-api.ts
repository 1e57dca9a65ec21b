import { randomUUID } from 'node:crypto'
import type { ApiObject, ResourceRef } from '../api/resource.ts'
import { alreadyExists, conflict, expired, notFound } from '../api/status-error.ts'
import type { ObjectMeta } from '../api/types/meta.v1.ts'
import type { Clock } from '../base/clock.ts'
import { systemClock, timestamp } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { deepFreeze, editable } from '../base/deep-readonly.ts'
import { objectKey } from '../client/object-key.ts'
import type { ApiRequest, Transport, WatchEvent } from '../client/transport.ts'
import { FakeWatch } from './fake-watch.ts'

type Stored = DeepReadonly<ApiObject & { metadata: ObjectMeta }>
type Draft = ApiObject & { metadata: ObjectMeta } & Record<string, unknown>

interface LogEntry {
  readonly resource: string
  readonly revision: number
  readonly event: WatchEvent<Stored>
}

/** A request as a test looks at it: `update pods/status ns/a`. */
export interface RecordedRequest extends ApiRequest {
  readonly text: string
}

/**
 * An API server as small as a controller's unit test allows: objects with revisions, optimistic concurrency, watches from
 * a revision, finalizers. It knows no schema: no defaults, no validation. What it returns is frozen.
 */
export class FakeApi implements Transport {
  readonly #clock: Clock
  readonly #objects = new Map<string, Stored>() // `plural.group/namespace/name`
  readonly #log: LogEntry[] = [] // in revision order
  readonly #watches = new Set<FakeWatch<Stored>>()
  readonly #reactions: ((request: ApiRequest) => unknown)[] = []
  readonly requests: RecordedRequest[] = []
  #revision = 0
  #compacted = 0 // events up to here are gone
  #generated = 0

  constructor({ clock = systemClock }: { clock?: Clock } = {}) {
    this.#clock = clock
  }

  /** What was asked that could change something, as `create pods ns/a`, and forgets it. */
  takeWrites(): string[] {
    const writes = this.requests.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb)).map(({ text }) => text)
    this.requests.length = 0
    return writes
  }

  /** Asks `reaction` first about each request: what it returns is the answer, what it throws the failure. */
  react(reaction: (request: ApiRequest) => unknown): void {
    this.#reactions.push(reaction)
  }

  /** Puts an object in as if someone else had written it, status included. */
  put<T extends ApiObject>(resource: ResourceRef, object: T): DeepReadonly<T> {
    const key = keyOf(resource, object.metadata)
    const old = this.#objects.get(key)
    return this.#store(resource, key, editable(object) as unknown as Draft, old) as unknown as DeepReadonly<T>
  }

  /** Takes an object away at once. */
  remove(resource: ResourceRef, name: { name: string; namespace?: string }): void {
    const key = keyOf(resource, name)
    const old = this.#objects.get(key)
    if (old) this.#drop(resource, key, old)
  }

  /** All objects of a resource. */
  all<T extends ApiObject>(resource: ResourceRef): DeepReadonly<T>[] {
    return this.#select({ verb: 'list', resource }) as unknown as DeepReadonly<T>[]
  }

  /** Forgets all past events and ends every watch: those that come back from before are told 410. */
  compact(): void {
    this.#compacted = this.#revision
    this.#log.length = 0
    for (const watch of this.#watches) watch.end()
  }

  async call<T>(request: ApiRequest, signal?: AbortSignal): Promise<DeepReadonly<T>> {
    signal?.throwIfAborted()
    this.requests.push({ ...request, text: textOf(request) })
    for (const reaction of this.#reactions) {
      const answer = await reaction(request)
      if (answer !== undefined) return answer as DeepReadonly<T>
    }
    await Promise.resolve()
    return deepFreeze(this.#answer(request)) as DeepReadonly<T>
  }

  async *watch<T>(request: ApiRequest, signal: AbortSignal): AsyncIterable<readonly WatchEvent<T>[]> {
    for (const reaction of this.#reactions) await reaction(request)
    const { resourceVersion, sendInitialEvents } = request.query ?? {}
    const from = sendInitialEvents === 'true' ? this.#revision : Number(resourceVersion ?? this.#revision)
    if (from < this.#compacted) throw expired(`too old resource version: ${from} (${this.#compacted})`)
    const watch = new FakeWatch<Stored>((object) => selects(request, object))
    if (sendInitialEvents === 'true') this.#sendInitial(request, watch)
    const past = this.#log.filter((entry) => entry.resource === name(request.resource) && entry.revision > from)
    for (const { event } of past) watch.send(event)
    this.#watches.add(Object.assign(watch, { resource: name(request.resource) }))
    try {
      yield* watch.events(signal) as AsyncIterable<WatchEvent<T>[]>
    } finally {
      this.#watches.delete(watch)
    }
  }

  #sendInitial(request: ApiRequest, watch: FakeWatch<Stored>): void {
    for (const object of this.#select(request)) watch.send({ type: 'ADDED', object })
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    const metadata = { resourceVersion: String(this.#revision), annotations } as unknown as ObjectMeta
    watch.bookmark({ metadata })
  }

  #answer(request: ApiRequest): unknown {
    switch (request.verb) {
      case 'get':
        return this.#existing(request)
      case 'list':
      case 'watch':
        return { metadata: { resourceVersion: String(this.#revision) }, items: this.#select(request) }
      case 'create':
        return request.name === undefined ? this.#create(request) : this.#createSubresource(request)
      case 'update':
        return this.#update(request, () => editable(request.body) as Draft)
      case 'patch':
        return this.#update(request, (old) => mergePatch(editable(old), request.body) as Draft)
      case 'delete':
        return this.#delete(request)
      case 'deletecollection':
        for (const object of this.#select(request)) this.#delete({ ...request, name: object.metadata.name })
        return { kind: 'Status', status: 'Success' }
    }
  }

  #select(request: ApiRequest): Stored[] {
    const prefix = `${name(request.resource)}/${request.namespace ? `${request.namespace}/` : ''}`
    const found = [...this.#objects].filter(([key, object]) => key.startsWith(prefix) && selects(request, object))
    return found.map(([, object]) => object)
  }

  #existing({ resource, namespace, name: objectName = '' }: ApiRequest): Stored {
    const found = this.#objects.get(keyOf(resource, { name: objectName, ...(namespace && { namespace }) }))
    if (!found) throw notFound(resource, objectName)
    return found
  }

  #create({ resource, body }: ApiRequest): Stored {
    const draft = editable(body) as Draft
    const { generateName } = draft.metadata
    if (!draft.metadata.name && generateName)
      draft.metadata.name = generateName + String(this.#generated++).padStart(5, '0')
    const key = keyOf(resource, draft.metadata)
    if (this.#objects.has(key)) throw alreadyExists(resource, draft.metadata.name)
    return this.#store(resource, key, draft, undefined)
  }

  /** `binding` sets the node; other subresources answer what they were given. */
  #createSubresource(request: ApiRequest): unknown {
    const old = this.#existing(request)
    if (request.subresource !== 'binding') return request.body
    const draft = editable(old) as Draft & { spec: { nodeName?: string } }
    draft.spec.nodeName = (request.body as { target: { name: string } }).target.name
    this.#store(request.resource, keyOf(request.resource, old.metadata), draft, old)
    return { kind: 'Status', status: 'Success' }
  }

  #update(request: ApiRequest, change: (old: Stored) => Draft): Stored {
    const { resource, subresource } = request
    const body = request.body as { metadata?: ObjectMeta }
    const objectName = request.name ?? body.metadata?.name ?? ''
    const old = this.#existing({ ...request, name: objectName })
    const draft = change(old)
    const given = draft.metadata.resourceVersion
    if (given && given !== old.metadata.resourceVersion) {
      throw conflict(
        resource,
        objectName,
        'the object has been modified; please apply your changes to the latest version and try again',
      )
    }
    const next =
      subresource === undefined ? { ...draft, ...statusOf(old) } : { ...editable(old), ...partOf(draft, subresource) }
    if (JSON.stringify(next) === JSON.stringify(old)) return old
    return this.#store(resource, keyOf(resource, old.metadata), next as Draft, old)
  }

  #delete(request: ApiRequest): unknown {
    const old = this.#existing(request)
    const key = keyOf(request.resource, old.metadata)
    const { preconditions } = (request.body ?? {}) as { preconditions?: { uid?: string } }
    if (preconditions?.uid && preconditions.uid !== old.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${old.metadata.uid}`
      throw conflict(request.resource, old.metadata.name, why)
    }
    if (old.metadata.finalizers?.length || specFinalizers(old)) {
      if (old.metadata.deletionTimestamp) return old // it is being deleted already: nothing changes, nobody is told
      const draft = editable(old) as Draft
      draft.metadata.deletionTimestamp = timestamp(this.#clock.now())
      return this.#store(request.resource, key, draft, old)
    }
    this.#drop(request.resource, key, old)
    return { kind: 'Status', status: 'Success', details: { uid: old.metadata.uid } }
  }

  #store(resource: ResourceRef, key: string, draft: Draft, old: Stored | undefined): Stored {
    const { metadata } = draft
    metadata.uid = old?.metadata.uid ?? metadata.uid ?? randomUUID()
    metadata.creationTimestamp =
      old?.metadata.creationTimestamp ?? metadata.creationTimestamp ?? timestamp(this.#clock.now())
    metadata.generation = generationOf(draft, old)
    metadata.resourceVersion = String(++this.#revision)
    const object = deepFreeze(draft) as Stored
    if (old?.metadata.deletionTimestamp && !metadata.finalizers?.length && !specFinalizers(object)) {
      this.#drop(resource, key, object)
      return object
    }
    this.#objects.set(key, object)
    this.#publish(resource, { type: old ? 'MODIFIED' : 'ADDED', object })
    return object
  }

  #drop(resource: ResourceRef, key: string, old: Stored): void {
    this.#objects.delete(key)
    const metadata = { ...old.metadata, resourceVersion: String(++this.#revision) }
    this.#publish(resource, { type: 'DELETED', object: deepFreeze({ ...old, metadata }) as Stored })
  }

  #publish(resource: ResourceRef, event: WatchEvent<Stored>): void {
    this.#log.push({ resource: name(resource), revision: this.#revision, event })
    for (const watch of this.#watches) if (watch.resource === name(resource)) watch.send(event)
  }
}

const name = ({ group, plural }: ResourceRef): string => (group ? `${plural}.${group}` : plural)

function keyOf(resource: ResourceRef, metadata: { name?: string; namespace?: string }): string {
  return `${name(resource)}/${objectKey({ name: metadata.name ?? '', namespace: metadata.namespace })}`
}

function textOf({ verb, resource, subresource, namespace, name: objectName, body }: ApiRequest): string {
  const meta = (body as { metadata?: { name?: string; namespace?: string; generateName?: string } })?.metadata
  const at = objectKey({ name: objectName ?? meta?.name ?? meta?.generateName ?? '', namespace })
  return `${verb} ${name(resource)}${subresource ? `/${subresource}` : ''} ${at}`.trim()
}

/** Selectors of the forms `a=b,c=d`; enough for tests. */
function selects({ query, namespace }: ApiRequest, object: Stored): boolean {
  if (namespace && object.metadata.namespace !== namespace) return false
  const pairs = (text: string | undefined) => (text ? text.split(',').map((pair) => pair.split('=')) : [])
  const field = (path: string) =>
    path.split('.').reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], object) ??
    ''
  return (
    pairs(query?.labelSelector).every(([key = '', value]) => object.metadata.labels?.[key] === value) &&
    pairs(query?.fieldSelector).every(([key = '', value]) => field(key) === value)
  )
}

const statusOf = (object: object) => ('status' in object ? { status: object.status } : {})

/** What a write to a subresource may change. */
function partOf(draft: Draft, subresource: string): Partial<Draft> {
  if (subresource === 'status') return { status: draft.status }
  if (subresource === 'finalize') return { spec: draft.spec }
  return draft
}

const specFinalizers = (object: object): boolean =>
  ((object as { spec?: { finalizers?: unknown[] } }).spec?.finalizers?.length ?? 0) > 0

function generationOf(draft: Draft, old: Stored | undefined): number {
  if (!old) return draft.metadata.generation ?? 1
  const changed = JSON.stringify(draft.spec) !== JSON.stringify((old as unknown as Draft).spec)
  return (old.metadata.generation ?? 1) + (changed ? 1 : 0)
}

/** JSON merge patch (RFC 7386). */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result = { ...(typeof target === 'object' && target !== null ? (target as Record<string, unknown>) : {}) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}
