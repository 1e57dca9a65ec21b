import { hasReason, Reason } from '../../api/status-error.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import type { Clock } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { ApiCall } from '../handler/call.ts'
import type { Handler } from '../handler/handler.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { UserInfo } from '../request.ts'
import type { CachedEvent, CachedObject, CacheWatcher, WatchCache } from '../watch-cache/watch-cache.ts'
import { type Condition, isTrue, withCondition } from './conditions.ts'
import type { CustomResources } from './custom-resources.ts'
import { CLEANUP_FINALIZER } from './definition-deletion.ts'
import { definitionStatus } from './definition-status.ts'
import { deleteInstances } from './delete-instances.ts'

type Definition = DeepReadonly<CustomResourceDefinition>

export interface DefinitionControllerDeps {
  /** The resource customresourcedefinitions itself. */
  readonly definitions: ServedResource
  readonly customResources: CustomResources
  readonly handler: Handler
  readonly clock: Clock
  readonly log: Logger
  /** As whom it writes. */
  readonly user: UserInfo
}

const RETRY_MS = 1_000

/**
 * Keeps the status of definitions and cleans up after those that are deleted. Upstream: the naming, establishing, approval
 * and finalizing controllers of apiextensions-apiserver. One definition at a time, as names are given out one by one;
 * cleanups, which wait for others, run beside.
 */
export class DefinitionController {
  readonly #deps: DefinitionControllerDeps
  /** Wanted and not yet looked at. */
  readonly #queue = new Set<string>()
  readonly #cleaning = new Set<string>()
  #wake = Promise.withResolvers<void>()

  constructor(deps: DefinitionControllerDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const stopped = () => this.#wake.resolve()
    signal.addEventListener('abort', stopped, { once: true })
    await this.#subscribe(signal)
    while (!signal.aborted) {
      const [name] = this.#queue
      if (name === undefined) {
        await this.#wake.promise
        this.#wake = Promise.withResolvers()
        continue
      }
      this.#queue.delete(name)
      await this.#guarded(name, signal, () => this.#reconcile(name, signal))
    }
  }

  get #cache(): WatchCache {
    const { storage } = this.#deps.definitions
    if (!storage) throw new Error('definitions are not stored')
    return storage.cache
  }

  async #subscribe(signal: AbortSignal): Promise<void> {
    const cache = this.#cache
    await cache.ready(signal)
    const snapshot = cache.snapshot({})
    for (const { name } of snapshot) this.#add(name)
    const watcher: CacheWatcher = {
      events: (events) => {
        for (const event of events) this.#changed(event)
      },
      end: () => {
        if (!signal.aborted) this.#subscribe(signal).catch((error) => this.#failed('', error))
      },
    }
    cache.subscribe(snapshot.revision, watcher)
    signal.addEventListener('abort', () => cache.unsubscribe(watcher), { once: true })
  }

  /** A definition may wait for the names of another of its group. */
  #changed({ current, previous }: CachedEvent): void {
    const names = (object: CachedObject | undefined) =>
      JSON.stringify(object && definitionOf(object).status?.acceptedNames)
    this.#add(current.name)
    if (current.object().metadata.deletionTimestamp || names(current) !== names(previous)) {
      const { group } = definitionOf(current).spec
      for (const other of this.#cache.snapshot({})) {
        const definition = definitionOf(other)
        if (definition.spec.group === group && !isTrue(definition, 'NamesAccepted')) this.#add(other.name)
      }
    }
  }

  #add(name: string): void {
    this.#queue.add(name)
    this.#wake.resolve()
  }

  async #guarded(name: string, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (signal.aborted) return
      if (hasReason(error, Reason.Conflict) || hasReason(error, Reason.NotFound)) return // its event comes
      this.#failed(name, error)
    }
  }

  #failed(name: string, error: unknown): void {
    const { log, clock } = this.#deps
    log.warn('the status of a custom resource definition will be tried again', { name, error })
    clock.after(RETRY_MS, () => this.#add(name))
  }

  async #reconcile(name: string, signal: AbortSignal): Promise<void> {
    await this.#deps.definitions.storage?.freshen(signal)
    const definition = this.#find(name)
    if (!definition) return
    if (definition.metadata.deletionTimestamp) return this.#startCleanup(definition, signal)
    const status = definitionStatus(definition, this.#others(definition), this.#deps.clock.now())
    if (status) await this.#write({ ...editable<CustomResourceDefinition>(definition), status }, signal)
  }

  #startCleanup({ metadata }: Definition, signal: AbortSignal): void {
    const name = metadata.name as string
    if (this.#cleaning.has(name) || !metadata.finalizers?.includes(CLEANUP_FINALIZER)) return
    this.#cleaning.add(name)
    this.#guarded(name, signal, () => this.#cleanUp(name, signal)).finally(() => this.#cleaning.delete(name))
  }

  async #cleanUp(name: string, signal: AbortSignal): Promise<void> {
    await this.#setTerminating(name, IN_PROGRESS, signal)
    const definition = this.#find(name)
    if (!definition) return
    const kind = this.#deps.customResources.kindOf(name)
    const established = isTrue(definition, 'Established')
    if (established && !kind) return this.#finish(name, OVERLAPPING, signal)
    if (kind) {
      const { handler, user } = this.#deps
      const failure = await deleteInstances(kind.stored, { handler, user }, signal)
      if (failure) {
        await this.#setTerminating(name, failure, signal)
        throw new Error(failure.message)
      }
    }
    return this.#finish(name, established ? COMPLETED : NEVER_ESTABLISHED, signal)
  }

  #finish(name: string, condition: Condition, signal: AbortSignal): Promise<void> {
    return this.#change(name, signal, (definition) => {
      const finalizers = definition.metadata.finalizers?.filter((one) => one !== CLEANUP_FINALIZER) ?? []
      definition.metadata.finalizers = finalizers
      setCondition(definition, condition, this.#deps.clock.now())
    })
  }

  #setTerminating(name: string, condition: Condition, signal: AbortSignal): Promise<void> {
    return this.#change(name, signal, (definition) => setCondition(definition, condition, this.#deps.clock.now()))
  }

  /** Changes the newest state of a definition, again if somebody else was faster. */
  async #change(
    name: string,
    signal: AbortSignal,
    change: (definition: CustomResourceDefinition) => void,
  ): Promise<void> {
    for (;;) {
      await this.#deps.definitions.storage?.freshen(signal)
      const current = this.#find(name)
      if (!current) return
      const definition = editable<CustomResourceDefinition>(current)
      change(definition)
      try {
        return await this.#write(definition, signal)
      } catch (error) {
        if (!hasReason(error, Reason.Conflict)) throw error
      }
    }
  }

  async #write(definition: CustomResourceDefinition, signal: AbortSignal): Promise<void> {
    const { definitions, handler, user } = this.#deps
    const call: ApiCall = {
      verb: 'update',
      resource: definitions,
      namespace: '',
      name: definition.metadata.name as string,
      subresource: 'status',
      query: { get: () => undefined, all: () => [] },
      body: { kind: 'value', value: definition },
      user,
      userAgent: 'kube-apiserver',
      signal,
      warn: () => {},
    }
    await handler(call)
  }

  #find(name: string): Definition | undefined {
    const object = this.#cache.get(this.#deps.definitions.storage?.key('', name) ?? '')
    return object && definitionOf(object)
  }

  *#others({ metadata, spec }: Definition): Generator<Definition> {
    for (const object of this.#cache.snapshot({})) {
      const other = definitionOf(object)
      if (other.spec.group === spec.group && other.metadata.name !== metadata.name) yield other
    }
  }
}

const definitionOf = (object: CachedObject): Definition => object.object() as unknown as Definition

function setCondition(definition: CustomResourceDefinition, condition: Condition, now: number): void {
  const conditions = withCondition(definition.status.conditions ?? [], condition, now)
  definition.status = { ...definition.status, conditions } as CustomResourceDefinition['status']
}

const terminating = (status: Condition['status'], reason: string, message: string): Condition => ({
  type: 'Terminating',
  status,
  reason,
  message,
})

const IN_PROGRESS = terminating('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress')
const COMPLETED = terminating('False', 'InstanceDeletionCompleted', 'removed all instances')
const NEVER_ESTABLISHED = terminating('False', 'NeverEstablished', 'resource was never established')
const OVERLAPPING = terminating(
  'False',
  'OverlappingBuiltInResource',
  'instances overlap with built-in resources in storage',
)
