import type { ApiObject } from '../api/resource.ts'
import { hasReason, Reason } from '../api/status-error.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import { runTogether } from '../base/component.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import { Client } from '../client/clientset.ts'
import { EventWriter } from '../client/events.ts'
import type { Informer } from '../client/informer.ts'
import type { Informers } from '../client/informers.ts'
import { parseObjectKey } from '../client/object-key.ts'
import { WorkQueue } from '../client/work-queue.ts'
import type { AnyWatch, Controller, Outcome } from './controller.ts'
import type { Listers } from './listers.ts'
import { listersOf } from './listers.ts'
import { OwnWrites } from './own-writes.ts'

/** What every controller gets from the program that runs it. */
export interface ControllerLoopDeps {
  /** Shared by all controllers; its set is run by the program. */
  readonly informers: Informers
  /** A client that acts as this service account of kube-system. */
  clientFor(user: string): Client
  readonly clock: Clock
  readonly log: Logger
}

const WORKERS = 5
/** How soon to look again whether the cache has dropped what we deleted; its event normally comes first. */
const STALE_CACHE_MS = 20

/** Runs one controller: events become keys, workers reconcile them, failures are retried with back-off. */
export class ControllerLoop implements Component {
  readonly name: string
  readonly #controller: Controller
  readonly #deps: ControllerLoopDeps
  readonly #listers: Listers
  readonly #queue: WorkQueue<string>
  readonly #pending = new Map<string, OwnWrites>() // writes that the caches may not show yet; none is empty
  readonly #client: Client
  readonly #events: EventWriter

  constructor(controller: Controller, deps: ControllerLoopDeps) {
    const { informers, clock } = deps
    const { name, user, eventSource = user, watches, reads = [] } = controller
    this.name = name
    this.#controller = controller
    this.#deps = deps
    this.#listers = listersOf(informers, [...watches.map(({ resource }) => resource), ...reads])
    this.#queue = new WorkQueue({ clock })
    this.#client = deps.clientFor(user)
    this.#events = new EventWriter({ client: this.#client, component: eventSource, clock, log: deps.log })
    for (const resource of this.#resources()) informers[resource].revision() // the informers exist before the set runs
    controller.indexes?.(informers)
  }

  /** No key waits or is being worked on. For tests. */
  get idle(): boolean {
    return this.#queue.idle
  }

  async run(signal: AbortSignal): Promise<void> {
    const { informers } = this.#deps
    await Promise.all([...this.#resources()].map((resource) => informers[resource].whenSynced(signal)))
    const unsubscribe = this.#controller.watches.map((watch) => this.#subscribe(watch))
    try {
      const workers = Array.from({ length: this.#controller.workers ?? WORKERS }, () => this.#worker())
      await runTogether([...workers, this.#events], signal)
    } finally {
      for (const stop of unsubscribe) stop()
      this.#queue.clear()
    }
  }

  #resources() {
    const { watches, reads = [] } = this.#controller
    return new Set([...watches.map(({ resource }) => resource), ...reads])
  }

  #subscribe({ resource, keys, changed = () => true, onlyDeleted }: AnyWatch): () => void {
    const informer = this.#deps.informers[resource] as unknown as Informer<ApiObject>
    const context = { listers: this.#listers, clock: this.#deps.clock }
    const mark = (object: DeepReadonly<ApiObject>) => {
      for (const key of keys(object as never, context)) this.#queue.add(key)
    }
    let isStart = true // while `on` tells of what is there
    const unsubscribe = informer.on({
      added: (object) => {
        if (isStart || !onlyDeleted) mark(object)
      },
      deleted: mark,
      updated: (object, old) => {
        if (onlyDeleted || !changed(object as never, old as never)) return
        mark(old)
        mark(object)
      },
    })
    isStart = false
    return unsubscribe
  }

  #worker(): Component {
    const run = async (signal: AbortSignal) => {
      const writes = new OwnWrites()
      let client: Client | undefined // made for the first key: many workers never get one
      for (let key = await this.#queue.take(signal); key !== undefined; key = await this.#queue.take(signal)) {
        client ??= new Client(writes.recording(this.#client.transport))
        await this.#handle(key, client, writes, signal)
      }
    }
    return { name: `${this.name} worker`, run }
  }

  async #handle(key: string, client: Client, writes: OwnWrites, signal: AbortSignal): Promise<void> {
    try {
      const outcome = await this.#reconcile(key, client, signal)
      this.#queue.forget(key)
      if ('after' in outcome) this.#queue.addAfter(key, outcome.after)
    } catch (error) {
      if (signal.aborted) return
      this.#report(key, error)
      this.#queue.retry(key)
    } finally {
      this.#keep(key, writes)
      this.#queue.done(key)
    }
  }

  async #reconcile(key: string, client: Client, signal: AbortSignal): Promise<Outcome> {
    const { informers, clock, log } = this.#deps
    const earlier = this.#pending.get(key)
    if (earlier && !(await earlier.shown(informers, signal))) return { after: STALE_CACHE_MS }
    this.#pending.delete(key)
    const deps = { client, listers: this.#listers, events: this.#events, clock, log, signal }
    return this.#controller.reconcile(parseObjectKey(key), deps)
  }

  #keep(key: string, writes: OwnWrites): void {
    if (writes.empty) return
    const pending = this.#pending.get(key) ?? new OwnWrites()
    pending.takeFrom(writes)
    this.#pending.set(key, pending)
  }

  /** Somebody else writing at the same time is everyday life; the rest is worth a line. */
  #report(key: string, error: unknown): void {
    const facts = { controller: this.name, key, failures: this.#queue.failures(key) + 1, error }
    if (hasReason(error, Reason.Conflict)) this.#deps.log.debug('reconcile met a conflict', facts)
    else this.#deps.log.warn('reconcile failed', facts)
  }
}
