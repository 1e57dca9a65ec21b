import type { ApiObject, ResourceRef } from '../../api/resource.ts'
import { hasReason, Reason, StatusError } from '../../api/status-error.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { runTogether } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { Discover, DiscoveredResource } from '../../client/discovery.ts'
import { EventWriter } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import { apply } from '../apply.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import type { GraphNode } from './owner-graph.ts'
import {
  blocks,
  FOREGROUND,
  hasFinalizer,
  isDeleting,
  ORPHAN,
  OwnerGraph,
  uidOf,
  waitsForDependents,
} from './owner-graph.ts'
import { InvalidOwnerNamespace, OwnerLookup } from './owner-lookup.ts'
import type { Verdict } from './verdict.ts'
import { verdict } from './verdict.ts'

export interface GarbageCollectorDeps {
  readonly informers: Informers
  clientFor(user: string): Client
  readonly discover: Discover
  readonly clock: Clock
  readonly log: Logger
}

const WORKERS = 20
/** After a custom resource comes or goes its group is served a little later. */
const REDISCOVER_MS = 1000
const VERBS = ['delete', 'list', 'watch']
/** A resource that cannot be listed, as when its conversion fails, holds the others up no longer than this (as upstream). */
const SYNC_MS = 30_000

/** A resource in the version that it is followed in, and how to stop that. */
interface Followed {
  readonly resource: ResourceRef
  readonly stop: () => void
}

/**
 * Deletes what lost its owners, and carries out foreground and orphaning deletion (upstream: garbage-collector-controller).
 * Works on uids: an event says that an object, its dependents or its owners are to be looked at.
 */
export class GarbageCollector implements Component {
  readonly name = 'garbage-collector-controller'
  readonly #deps: GarbageCollectorDeps
  readonly #client: Client
  readonly #queue: WorkQueue<string>
  readonly #graph = new OwnerGraph()
  readonly #owners: OwnerLookup
  readonly #followed = new Map<string, Followed>() // by group and plural
  readonly #events: EventWriter

  constructor(deps: GarbageCollectorDeps) {
    const { clock, log } = deps
    this.#deps = deps
    this.#client = deps.clientFor('generic-garbage-collector')
    this.#queue = new WorkQueue({ clock })
    this.#owners = new OwnerLookup(this.#graph, this.#client)
    this.#events = new EventWriter({ client: this.#client, component: this.name, clock, log })
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#discover(signal)
    await this.#synced(signal) // until then dependents would seem to be missing
    const discovery = { name: 'discovery', run: (stop: AbortSignal) => this.#rediscover(stop) }
    const worker = { name: 'worker', run: (stop: AbortSignal) => this.#work(stop) }
    try {
      await runTogether([discovery, this.#events, ...Array(WORKERS).fill(worker)], signal)
    } finally {
      for (const { stop } of this.#followed.values()) stop()
      this.#followed.clear()
      this.#queue.clear()
    }
  }

  /**
   * Follows every resource that can be deleted, in a version that is served; those no longer served are let go. The next
   * version of a resource is known before the last is forgotten.
   */
  async #discover(signal: AbortSignal): Promise<void> {
    const { resources, failed } = await this.#deps.discover(signal)
    const wanted = new Map(resources.filter(isCollected).map((resource) => [keyOf(resource), resource]))
    this.#owners.know(resources)
    const replaced: Followed[] = []
    for (const [key, resource] of wanted) {
      const followed = this.#followed.get(key)
      if (followed?.resource.version === resource.version) continue
      if (followed) replaced.push(followed)
      this.#follow(key, resource)
    }
    if (replaced.length > 0) await this.#synced(signal)
    for (const followed of replaced) this.#unfollow(followed)
    if (failed.size > 0) return // what could not be asked may still be there
    for (const [key, followed] of this.#followed) {
      if (wanted.has(key)) continue
      this.#followed.delete(key)
      this.#unfollow(followed)
    }
  }

  #follow(key: string, { group, version, plural, kind }: DiscoveredResource): void {
    const resource: ResourceRef = { group, version, plural }
    const informer = this.#deps.informers.for(resource)
    const stop = this.#graph.follow(
      { resource, kind, informer },
      (node) => this.#changed(node),
      (node) => this.#gone(node),
    )
    this.#followed.set(key, { resource, stop })
  }

  #unfollow({ resource, stop }: Followed): void {
    stop()
    this.#deps.informers.release(resource)
  }

  /** Resolves when the caches show everything, or those that cannot have been waited for long enough. */
  async #synced(signal: AbortSignal): Promise<void> {
    const { informers, clock } = this.#deps
    const waited = new AbortController()
    const stop = AbortSignal.any([signal, waited.signal])
    try {
      await Promise.race([informers.whenSynced(stop), clock.sleep(SYNC_MS, stop)])
    } finally {
      waited.abort()
    }
  }

  /** Custom resources come and go with their definitions. */
  async #rediscover(signal: AbortSignal): Promise<void> {
    const { informers, clock, log } = this.#deps
    const due = new WorkQueue<'discover'>({ clock })
    const soon = () => due.addAfter('discover', REDISCOVER_MS)
    const stop = informers.customResourceDefinitions.on({ updated: soon, deleted: soon })
    for (let next = await due.take(signal); next; next = await due.take(signal)) {
      try {
        await this.#discover(signal)
        due.forget(next)
      } catch (error) {
        if (!signal.aborted) log.warn('discovery failed', { error })
        due.retry(next)
      } finally {
        due.done(next)
      }
    }
    stop()
  }

  #changed({ object }: GraphNode): void {
    const { ownerReferences, deletionTimestamp } = object.metadata
    if (!ownerReferences && !deletionTimestamp) return // as most objects
    const ends = isDeleting(object) && (hasFinalizer(object, FOREGROUND) || hasFinalizer(object, ORPHAN))
    if (ends || ownerReferences?.length) this.#queue.add(uidOf(object))
    for (const { uid } of ownerReferences ?? []) this.#ownerMayFinish(uid) // it may block no longer
  }

  #gone({ object }: GraphNode): void {
    for (const dependent of this.#graph.dependents(uidOf(object))) this.#queue.add(uidOf(dependent.object))
    for (const { uid } of object.metadata.ownerReferences ?? []) this.#ownerMayFinish(uid)
  }

  #ownerMayFinish(uid: string): void {
    const owner = this.#graph.get(uid)
    if (owner && waitsForDependents(owner.object)) this.#queue.add(uid)
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let uid = await this.#queue.take(signal); uid !== undefined; uid = await this.#queue.take(signal)) {
      try {
        await this.#process(uid, signal)
        this.#queue.forget(uid)
      } catch (error) {
        if (signal.aborted) return
        this.#failed(uid, error)
      } finally {
        this.#queue.done(uid)
      }
    }
  }

  #failed(uid: string, error: unknown): void {
    const node = this.#graph.get(uid)
    if (error instanceof InvalidOwnerNamespace && node) {
      this.#events.warning(referenceTo(node), 'OwnerRefInvalidNamespace', error.message)
      return
    }
    if (!hasReason(error, Reason.Conflict)) {
      this.#deps.log.warn('collecting garbage failed', {
        uid,
        object: node && `${node.kind} ${node.object.metadata.name}`,
        error,
      })
    }
    this.#queue.retry(uid)
  }

  async #process(uid: string, signal: AbortSignal): Promise<void> {
    const node = this.#graph.get(uid)
    if (!node) return
    if (isDeleting(node.object)) {
      if (hasFinalizer(node.object, ORPHAN)) return this.#orphanDependents(node, signal)
      if (hasFinalizer(node.object, FOREGROUND)) return this.#deleteDependents(node)
      return
    }
    if (node.object.metadata.ownerReferences?.length) await this.#collect(node, signal)
  }

  /** Foreground: dependents are looked at; when none blocks any more the object may go. */
  async #deleteDependents(node: GraphNode): Promise<void> {
    const uid = uidOf(node.object)
    const dependents = this.#graph.dependents(uid)
    if (!dependents.some(({ object }) => blocks(object, uid))) return this.#removeFinalizer(node, FOREGROUND)
    for (const { object } of dependents) if (!isDeleting(object)) this.#queue.add(uidOf(object))
  }

  async #orphanDependents(node: GraphNode, signal: AbortSignal): Promise<void> {
    const uid = uidOf(node.object)
    await apply(this.#graph.dependents(uid), (dependent) => this.#unlink(dependent, [uid], signal), { signal })
    await this.#removeFinalizer(node, ORPHAN)
  }

  async #collect(cached: GraphNode, signal: AbortSignal): Promise<void> {
    if (this.#surelyStays(cached)) return
    const { resource, kind } = cached
    const api = this.#client.resource<ApiObject>(resource)
    const object = await api.get(at(cached.object), { signal }).catch(ignoreNotFound)
    if (!object || uidOf(object) !== uidOf(cached.object) || isDeleting(object)) return
    const references = object.metadata.ownerReferences ?? []
    const owners = []
    for (const reference of references) {
      owners.push({ reference, state: await this.#owners.state(object, reference, signal) })
    }
    const dependents = this.#graph.dependents(uidOf(object))
    const waiting = dependents.some((dependent) => waitsForDependents(dependent.object))
    const decision = verdict(object, owners, { any: dependents.length > 0, waiting })
    await this.#carryOut(decision, { resource, kind, object }, signal)
  }

  /** All owners are in the caches and stay: the common case costs no request. */
  #surelyStays({ object }: GraphNode): boolean {
    return (object.metadata.ownerReferences ?? []).every(
      (reference) => this.#owners.cached(object, reference) === 'solid',
    )
  }

  async #carryOut(decision: Verdict, node: GraphNode, signal: AbortSignal): Promise<void> {
    if (decision.do === 'keep') return
    if (decision.do === 'unlink') return this.#unlink(node, decision.uids, signal)
    const { resource, object } = node
    const { propagation, unblock } = decision
    const api = this.#client.resource<ApiObject>(resource)
    const current = unblock ? await this.#unblock(node, signal) : object
    if (!current) return
    const { uid = '', resourceVersion = '' } = current.metadata
    const preconditions = { uid, resourceVersion } // owners that it was given meanwhile save it
    await api.delete(at(object), { propagationPolicy: propagation, preconditions, signal }).catch(ignoreNotFound)
  }

  /** Takes references to these owners off an object. */
  async #unlink({ resource, object }: GraphNode, uids: readonly string[], signal: AbortSignal): Promise<void> {
    const ownerReferences = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.includes(uid))
    await this.#patch(resource, object, { ownerReferences }, signal)
  }

  #unblock({ resource, object }: GraphNode, signal: AbortSignal): Promise<DeepReadonly<ApiObject> | undefined> {
    const open = (object.metadata.ownerReferences ?? []).map((reference) => ({
      ...reference,
      blockOwnerDeletion: false,
    }))
    return this.#patch(resource, object, { ownerReferences: open }, signal)
  }

  async #removeFinalizer({ resource, object }: GraphNode, name: string): Promise<void> {
    const finalizers = (object.metadata.finalizers ?? []).filter((finalizer) => finalizer !== name)
    await this.#patch(resource, object, { finalizers })
  }

  /** Whole lists in a merge patch, guarded by uid and revision: any resource takes it, and stale lists are refused. */
  #patch(
    resource: ResourceRef,
    object: DeepReadonly<ApiObject>,
    metadata: object,
    signal?: AbortSignal,
  ): Promise<DeepReadonly<ApiObject> | undefined> {
    const { uid, resourceVersion } = object.metadata
    const body = { metadata: { ...metadata, uid, resourceVersion } }
    const api = this.#client.resource<ApiObject>(resource)
    return api.patch(at(object), { type: 'merge', body }, { ...(signal && { signal }) }).catch(ignoreGone)
  }
}

const keyOf = ({ group, plural }: ResourceRef): string => `${group}/${plural}`

/** Events have owners nowhere and come in masses (upstream: ignored resources). */
const isCollected = ({ group, plural, verbs }: DiscoveredResource): boolean =>
  VERBS.every((verb) => verbs.includes(verb)) && !(plural === 'events' && ['', 'events.k8s.io'].includes(group))

const at = ({ metadata: { name = '', namespace } }: DeepReadonly<ApiObject>) => ({ name, namespace })

const referenceTo = ({ kind, resource: { group, version }, object: { metadata } }: GraphNode) => ({
  kind,
  apiVersion: group ? `${group}/${version}` : version,
  name: metadata.name ?? '',
  uid: metadata.uid ?? '',
  ...(metadata.namespace && { namespace: metadata.namespace }),
})

/** Gone, or a namesake took its place (its uid makes the patch invalid or conflict with nothing that is ours). */
function ignoreGone(error: unknown): undefined {
  if (error instanceof StatusError && error.code === 422) return undefined
  return ignoreNotFound(error)
}
