import type { ApiObject } from '../api/resource.ts'
import { hasReason, Reason, StatusError } from '../api/status-error.ts'
import type { Event, ObjectReference } from '../api/types/core.v1.ts'
import type { Clock } from '../base/clock.ts'
import { timestamp } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import type { New } from './client.ts'
import type { Client } from './clientset.ts'
import type { Correlated, EventDraft } from './event-correlator.ts'
import { EventCorrelator } from './event-correlator.ts'

/** What an event is about: an object that carries its kind, or a reference to (a part of) one. */
export type EventSubject = DeepReadonly<ApiObject> | DeepReadonly<ObjectReference>

/** Tells people what happened to an object. Never blocks and never fails: events are lost rather than waited for. */
export interface EventRecorder {
  /** `action`: what the reporter did, for those that say so: `Binding`. */
  normal(subject: EventSubject, reason: string, message: string, action?: string): void
  warning(subject: EventSubject, reason: string, message: string, action?: string): void
}

/** Drops everything. */
export const silentRecorder: EventRecorder = { normal() {}, warning() {} }

type EventFacts = Pick<Event, 'reason' | 'message' | 'action'> & { readonly type: 'Normal' | 'Warning' }

export interface EventWriterDeps {
  readonly client: Pick<Client, 'events'>
  /** Who reports: `deployment-controller`, `kubelet`. */
  readonly component: string
  /** The node it runs on, for node components. */
  readonly host?: string
  readonly clock: Clock
  readonly log: Logger
}

/** client-go: events that wait to be written. */
const QUEUE_LIMIT = 1000
const TRIES = 12
const RETRY_MS = 10_000

/**
 * Writes core/v1 Events with client-go's correlation: what repeats raises the count of the event there is. Events wait in
 * a bounded queue for `run`; what does not fit is dropped.
 */
export class EventWriter implements EventRecorder, Component {
  readonly name = 'events'
  readonly #deps: EventWriterDeps
  readonly #correlator = new EventCorrelator()
  readonly #queue: EventDraft[] = [] // at most QUEUE_LIMIT
  #wake = (): void => {}
  #dropped = 0
  #sequence = 0

  constructor(deps: EventWriterDeps) {
    this.#deps = deps
  }

  /** How many more events it takes now without dropping one. */
  get room(): number {
    return QUEUE_LIMIT - this.#queue.length
  }

  normal(subject: EventSubject, reason: string, message: string, action?: string): void {
    this.#enqueue(subject, { type: 'Normal', reason, message, ...(action && { action }) })
  }

  warning(subject: EventSubject, reason: string, message: string, action?: string): void {
    this.#enqueue(subject, { type: 'Warning', reason, message, ...(action && { action }) })
  }

  async run(signal: AbortSignal): Promise<void> {
    const onAbort = () => this.#wake()
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        const next = this.#queue.shift()
        if (next) await this.#write(next, signal)
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  #enqueue(subject: EventSubject, facts: EventFacts): void {
    if (this.room === 0) {
      if (this.#dropped++ === 0) this.#deps.log.warn('events are dropped: too many wait to be written')
      return
    }
    this.#queue.push(this.#draft(referenceTo(subject), facts))
    this.#wake()
  }

  #draft(involvedObject: ObjectReference, facts: EventFacts): EventDraft {
    const { component, host, clock } = this.#deps
    const now = timestamp(clock.now())
    return {
      metadata: { name: this.#nameFor(involvedObject), namespace: involvedObject.namespace || 'default' },
      involvedObject,
      ...facts,
      source: { component, ...(host && { host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      reportingComponent: component,
      reportingInstance: host ?? '',
    }
  }

  /** As upstream: the object's name and the time in nanoseconds, which here are made distinct by counting. */
  #nameFor({ name }: ObjectReference): string {
    const nanoseconds = BigInt(this.#deps.clock.now()) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)
    return `${name}.${nanoseconds.toString(16)}`
  }

  async #write(draft: EventDraft, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    const correlated = this.#correlator.correlate(draft, clock.monotonic())
    for (let attempt = 1; attempt <= TRIES && !signal.aborted; attempt++) {
      try {
        return await this.#send(correlated, signal)
      } catch (error) {
        if (signal.aborted) return
        if (isFinal(error)) return log.info('the server rejected an event', { reason: draft.reason, error })
        log.info('an event could not be written yet', { reason: draft.reason, error })
        await clock.sleep(RETRY_MS, signal).catch(() => log.debug('stopped while an event waited'))
      }
    }
  }

  async #send(correlated: Correlated, signal: AbortSignal): Promise<void> {
    const { events } = this.#deps.client
    if (correlated.action === 'drop') return
    const { event, key } = correlated
    if (correlated.action === 'create') {
      await events.create(event as New<Event>, { signal })
      return
    }
    const { count, lastTimestamp, message } = event
    try {
      await events.patch(event.metadata, { type: 'strategic', body: { count, lastTimestamp, message } }, { signal })
    } catch (error) {
      if (!hasReason(error, Reason.NotFound)) throw error
      const metadata = { ...event.metadata, name: this.#nameFor(event.involvedObject) }
      const again = this.#correlator.restart(key, { ...event, metadata }) // the first one expired
      await events.create(again as New<Event>, { signal })
    }
  }
}

/** The reference that events carry. An object has to say its kind: those from caches and the API do. */
function referenceTo(subject: EventSubject): ObjectReference {
  if (!('metadata' in subject)) return subject as ObjectReference
  const { kind = '', apiVersion = '', metadata } = subject as DeepReadonly<ApiObject>
  const { name = '', namespace, uid = '', resourceVersion } = metadata
  return {
    kind,
    ...(namespace && { namespace }),
    name,
    uid,
    apiVersion,
    ...(resourceVersion && { resourceVersion }),
  }
}

/** The server answered and would answer the same again. */
const isFinal = (error: unknown): boolean =>
  error instanceof StatusError && error.code >= 400 && error.code < 500 && error.code !== 429
